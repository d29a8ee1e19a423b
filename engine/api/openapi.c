/* GET /docs/openapi.json: the routes' table and their schemas as a document of OpenAPI 3.1. */
#include "api/api.h"
#include "api/reply.h"
#include "api/routes.h"

#include <ctype.h>
#include <string.h>

enum { MOST_SCHEMAS = 64 };

struct document {
    struct mb_json_writer json;
    const struct mb_api_schema *known[MOST_SCHEMAS]; /* each name once */
    size_t count;
};

/* ----------------------------------------------------------------- schemas */

static void know(struct document *document, const struct mb_api_schema *schema)
{
    if (schema == NULL || document->count == MOST_SCHEMAS)
        return;
    for (size_t i = 0; i < document->count; i++)
        if (strcmp(document->known[i]->name, schema->name) == 0)
            return;
    document->known[document->count++] = schema;
    for (size_t i = 0; i < schema->count; i++)
        know(document, schema->fields[i].of);
}

static void write_reference(struct mb_json_writer *json, const char *key, const char *name)
{
    struct mb_buf buf = MB_BUF_INIT(256);
    mb_buf_printf(&buf, "#/components/schemas/%s", name);
    mb_json_begin_object(json, key);
    mb_json_string(json, "$ref", mb_buf_text(&buf));
    mb_json_end_object(json);
    mb_buf_done(&buf);
}

static void write_number(struct mb_json_writer *json, const struct mb_api_field *field)
{
    mb_json_raw(json, "type", "\"integer\"");
    mb_json_string(json, "format",
                   field->type == MB_API_INT32   ? "int32"
                   : field->type == MB_API_INT64 ? "int64"
                                                 : "uint64");
    if (field->type == MB_API_INT32) {
        mb_json_int(json, "minimum", INT32_MIN);
        mb_json_int(json, "maximum", INT32_MAX);
    }
}

static void write_values(struct mb_json_writer *json, const struct mb_api_field *field, const char *key)
{
    if (field->of != NULL) {
        write_reference(json, key, field->of->name);
        return;
    }
    mb_json_raw(json, key, "{\"type\":\"string\"}");
}

static void write_type(struct mb_json_writer *json, const struct mb_api_field *field)
{
    switch (field->type) {
    case MB_API_STRING:
        mb_json_string(json, "type", "string");
        break;
    case MB_API_BOOL:
        mb_json_string(json, "type", "boolean");
        break;
    case MB_API_INT32:
    case MB_API_INT64:
    case MB_API_UINT64:
        write_number(json, field);
        break;
    case MB_API_STRINGS:
    case MB_API_ARRAY:
        mb_json_string(json, "type", "array");
        write_values(json, field, "items");
        break;
    case MB_API_MAP:
    case MB_API_NAMED:
        mb_json_string(json, "type", "object");
        write_values(json, field, "additionalProperties");
        break;
    case MB_API_JSON:
    case MB_API_OBJECT:
        break;
    }
}

/* A reference and any shape stand beside their description in an allOf. */
static void write_field(struct mb_json_writer *json, const struct mb_api_field *field)
{
    mb_json_begin_object(json, field->name);
    if (field->help != NULL)
        mb_json_string(json, "description", field->help);
    write_type(json, field);
    if (field->type == MB_API_OBJECT || (field->type == MB_API_JSON && field->shape != NULL)) {
        mb_json_begin_array(json, "allOf");
        if (field->type == MB_API_OBJECT)
            write_reference(json, NULL, field->of->name);
        else
            mb_json_raw(json, NULL, field->shape);
        mb_json_end_array(json);
    }
    mb_json_end_object(json);
}

static void write_required(struct mb_json_writer *json, const struct mb_api_schema *schema)
{
    bool begun = false;
    for (size_t i = 0; i < schema->count; i++) {
        if ((schema->fields[i].flags & MB_API_REQUIRED) == 0)
            continue;
        if (!begun)
            mb_json_begin_array(json, "required");
        begun = true;
        mb_json_string(json, NULL, schema->fields[i].name);
    }
    if (begun)
        mb_json_end_array(json);
}

static void write_schema(struct mb_json_writer *json, const struct mb_api_schema *schema)
{
    mb_json_begin_object(json, schema->name);
    mb_json_string(json, "type", "object");
    write_required(json, schema);
    mb_json_begin_object(json, "properties");
    for (size_t i = 0; i < schema->count; i++)
        write_field(json, &schema->fields[i]);
    mb_json_end_object(json);
    mb_json_end_object(json);
}

/* ------------------------------------------------------------------ routes */

static void write_parameter(struct mb_json_writer *json, const char *where,
                            const struct mb_parameter *parameter)
{
    mb_json_begin_object(json, NULL);
    mb_json_string(json, "name", parameter->name);
    mb_json_string(json, "in", where);
    mb_json_bool(json, "required", parameter->required);
    mb_json_string(json, "description", parameter->help);
    mb_json_begin_object(json, "schema");
    mb_json_string(json, "type", parameter->type);
    mb_json_end_object(json);
    mb_json_end_object(json);
}

static void write_parameters(struct mb_json_writer *json, const struct mb_route *route)
{
    static const struct mb_parameter id = {"request_id", "string", false,
                                           "Comes back as requestId; made up when it is not there."};
    mb_json_begin_array(json, "parameters");
    for (size_t i = 0; i < route->parameter_count; i++)
        write_parameter(json, "query", &route->parameters[i]);
    write_parameter(json, "header", &id);
    mb_json_end_array(json);
}

static void write_body(struct mb_json_writer *json, const struct mb_api_schema *body)
{
    mb_json_begin_object(json, "requestBody");
    mb_json_bool(json, "required", true);
    mb_json_begin_object(json, "content");
    mb_json_begin_object(json, "application/json");
    write_reference(json, "schema", body->name);
    mb_json_end_object(json);
    mb_json_end_object(json);
    mb_json_end_object(json);
}

static void write_data(struct mb_json_writer *json, const struct mb_api_schema *reply)
{
    mb_json_begin_object(json, "data");
    mb_json_begin_array(json, "oneOf");
    if (reply->list) {
        mb_json_begin_object(json, NULL);
        mb_json_string(json, "type", "array");
        if (reply->count > 0)
            write_reference(json, "items", reply->name);
        else
            mb_json_raw(json, "items", "{\"type\":\"string\"}");
        mb_json_end_object(json);
    } else {
        write_reference(json, NULL, reply->name);
    }
    mb_json_raw(json, NULL, "{\"type\":\"null\"}");
    mb_json_end_array(json);
    mb_json_end_object(json);
}

static void write_envelope(struct mb_json_writer *json, const struct mb_api_schema *reply)
{
    mb_json_begin_object(json, "schema");
    mb_json_begin_array(json, "allOf");
    write_reference(json, NULL, "Envelope");
    if (reply != NULL) {
        mb_json_begin_object(json, NULL);
        mb_json_begin_object(json, "properties");
        write_data(json, reply);
        mb_json_end_object(json);
        mb_json_end_object(json);
    }
    mb_json_end_array(json);
    mb_json_end_object(json);
}

static void write_success(struct mb_json_writer *json, const struct mb_route *route)
{
    mb_json_begin_object(json, "200");
    mb_json_string(json, "description",
                   route->content_type != NULL ? route->summary
                                               : "Done, or why not: code is absent on success");
    mb_json_begin_object(json, "content");
    mb_json_begin_object(json, route->content_type != NULL ? route->content_type : "application/json");
    if (route->content_type == NULL)
        write_envelope(json, route->reply);
    mb_json_end_object(json);
    mb_json_end_object(json);
    mb_json_end_object(json);
}

static void write_failure(struct mb_json_writer *json, const char *status, const char *what,
                          const char *schema)
{
    mb_json_begin_object(json, status);
    mb_json_string(json, "description", what);
    mb_json_begin_object(json, "content");
    mb_json_begin_object(json, "application/json");
    write_reference(json, "schema", schema);
    mb_json_end_object(json);
    mb_json_end_object(json);
    mb_json_end_object(json);
}

static void write_responses(struct mb_json_writer *json, const struct mb_route *route)
{
    mb_json_begin_object(json, "responses");
    write_success(json, route);
    if (route->body != NULL)
        write_failure(json, "400", "The body is no JSON, or a member has another type", "Refusal");
    if (strcmp(route->name, "check") == 0)
        write_failure(json, "500", "Something cannot be used", "Refusal");
    if (route->role != MB_ROLE_NONE) {
        write_failure(json, "401", "No credential, or one that is not known", "Envelope");
        write_failure(json, "403", "A credential that may not", "Envelope");
    }
    if (strcmp(route->name, "isReady") == 0)
        write_failure(json, "503", "Something does not answer, or the server stops", "Envelope");
    if (route->body != NULL)
        write_failure(json, "413", "The body is too large", "Envelope");
    if (route->changes) {
        write_failure(json, "429", "Too many tasks wait", "Envelope");
        write_failure(json, "503", "The server stops", "Envelope");
    }
    mb_json_end_object(json);
}

static void write_operation(struct mb_json_writer *json, const struct mb_route *route)
{
    char method[16] = "";
    for (size_t i = 0; route->method[i] != '\0' && i + 1 < sizeof method; i++)
        method[i] = (char)tolower((unsigned char)route->method[i]);
    mb_json_begin_object(json, route->path);
    mb_json_begin_object(json, method);
    mb_json_string(json, "operationId", route->name);
    mb_json_string(json, "summary", route->summary);
    if (route->role == MB_ROLE_NONE)
        mb_json_raw(json, "security", "[]");
    write_parameters(json, route);
    if (route->body != NULL)
        write_body(json, route->body);
    write_responses(json, route);
    mb_json_end_object(json);
    mb_json_end_object(json);
}

/* ---------------------------------------------------------------- document */

static const char envelope[] =
    "{\"type\":\"object\",\"properties\":{\"requestId\":{\"type\":\"string\"},"
    "\"code\":{\"type\":\"integer\",\"enum\":[1,2,3,400,404],"
    "\"description\":\"Absent on success; 3 failed, 400 a parameter is wrong, 404 not found.\"},"
    "\"msg\":{\"type\":\"string\"},\"total\":{\"type\":\"integer\"},\"data\":{}}}";
static const char refusal[] = "{\"type\":\"object\",\"required\":[\"error\"],"
                              "\"properties\":{\"error\":{\"type\":\"string\"}}}";
static const char security[] = "{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
                               "\"basic\":{\"type\":\"http\",\"scheme\":\"basic\"}}";

static void write_components(struct document *document)
{
    struct mb_json_writer *json = &document->json;
    mb_json_begin_object(json, "components");
    mb_json_raw(json, "securitySchemes", security);
    mb_json_begin_object(json, "schemas");
    mb_json_raw(json, "Envelope", envelope);
    mb_json_raw(json, "Refusal", refusal);
    for (size_t i = 0; i < document->count; i++)
        if (document->known[i]->count > 0)
            write_schema(json, document->known[i]);
    mb_json_end_object(json);
    mb_json_end_object(json);
}

static void write_head(struct mb_json_writer *json, const char *base)
{
    mb_json_string(json, "openapi", "3.1.0");
    mb_json_begin_object(json, "info");
    mb_json_string(json, "title", "Milvus backup");
    mb_json_string(json, "version", mb_library_version());
    mb_json_end_object(json);
    mb_json_begin_array(json, "servers");
    mb_json_begin_object(json, NULL);
    mb_json_string(json, "url", *base != '\0' ? base : "/");
    mb_json_end_object(json);
    mb_json_end_array(json);
    mb_json_raw(json, "security", "[{},{\"bearer\":[]},{\"basic\":[]}]");
}

static void write_document(struct document *document, const struct mb_api_call *call)
{
    struct mb_json_writer *json = &document->json;
    mb_json_begin_object(json, NULL);
    write_head(json, mb_api_base_path(call->api));
    mb_json_begin_object(json, "paths");
    for (size_t i = 0; i < call->route_count; i++) {
        know(document, call->routes[i].body);
        know(document, call->routes[i].reply);
        write_operation(json, &call->routes[i]);
    }
    mb_json_end_object(json);
    write_components(document);
    mb_json_end_object(json);
}

void mb_serve_openapi(struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    struct document document = {.count = 0};
    const struct mb_sink sink = mb_buf_sink(&call->answer.body);
    mb_json_init(&document.json, &sink);
    write_document(&document, call);
    mb_status status = mb_json_finish(&document.json, &error);
    mb_json_done(&document.json);
    if (status < 0)
        mb_buf_reset(&call->answer.body);
    mb_api_text(call, status < 0 ? 500 : 200, "application/json; charset=utf-8", "");
}
