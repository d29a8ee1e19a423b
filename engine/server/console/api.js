// Calls to the API.  The credential stays in this tab.

const KEY = "authorization";
const ROOT = new URL("api/v1/", document.baseURI);

export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

export const signedIn = () => sessionStorage.getItem(KEY) !== null;
export const signOut = () => sessionStorage.removeItem(KEY);

export function signInWithToken(token) {
  sessionStorage.setItem(KEY, `Bearer ${token}`);
}

export function signInWithPassword(user, password) {
  const text = new TextEncoder().encode(`${user}:${password}`);
  sessionStorage.setItem(KEY, `Basic ${btoa(String.fromCharCode(...text))}`);
}

function urlOf(path, query) {
  const url = new URL(path, ROOT);
  for (const [name, value] of Object.entries(query))
    if (value !== "" && value !== null && value !== undefined) url.searchParams.set(name, value);
  return url;
}

async function answerOf(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(text.trim() || `the server answered ${response.status}`, response.status);
  }
}

async function call(method, path, query, body, signal) {
  const headers = {};
  if (signedIn()) headers.Authorization = sessionStorage.getItem(KEY);
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(urlOf(path, query), {
    method,
    headers,
    signal,
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "omit", // a 401 must not open the browser's own dialog
    cache: "no-store",
  });
  const answer = await answerOf(response);
  if (!response.ok || answer.code) throw new ApiError(answer.msg || answer.error || `code ${answer.code}`, response.status);
  return answer;
}

export const get = (path, query = {}, signal) => call("GET", path, query, undefined, signal);
export const post = (path, body = {}, query = {}) => call("POST", path, query, body);
export const remove = (path, query) => call("DELETE", path, query);
