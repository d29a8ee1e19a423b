// Numbers and times for people.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function bytes(count) {
  let power = 0;
  let value = Number(count);
  while (value >= 1024 && power + 1 < UNITS.length) {
    value /= 1024;
    power += 1;
  }
  return `${power === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${UNITS[power]}`;
}

export function count(number) {
  return number < 0 ? "" : Number(number).toLocaleString("en");
}

export function duration(ms) {
  if (ms < 0) return "";
  if (ms < 10000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${String(minutes % 60).padStart(2, "0")} min` : `${Math.floor(hours / 24)} days`;
}

export function age(ms) {
  return ms > 0 ? `${duration(Math.max(0, Date.now() - ms))} ago` : "";
}

export function moment(ms) {
  return ms > 0 ? new Date(ms).toLocaleString("en", { dateStyle: "medium", timeStyle: "medium" }) : "";
}
