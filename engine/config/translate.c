/* From what the sources said to one setting an option, in the terms of schema v2. */
#include "base/arena.h"
#include "config/typed.h"
#include "config/wrapped.h"

#include <string.h>

void mb_settings_complete(struct mb_settings *settings)
{
    for (size_t id = 0; id < MB_ID_COUNT; id++) {
        struct mb_setting *setting = &settings->items[id];
        if (setting->text != NULL)
            continue;
        if (mb_option_inherits(id, settings->schema)) {
            *setting = settings->items[id - MB_FIELD_COUNT];
            setting->inherited = true;
        } else {
            *setting = (struct mb_setting){.text = mb_config_options[id].def, .key = ""};
        }
    }
}

/* The number by which v1 names a TLS mode, as v2's word. */
static void translate_tls(struct mb_settings *settings)
{
    static const char *const words[] = {"disabled", "server", "mutual"};
    struct mb_setting *mode = &settings->items[MB_ID_TLS_MODE];
    bool no_pair = *mb_settings_text(settings, MB_ID_MTLS_CERT) == '\0' &&
                   *mb_settings_text(settings, MB_ID_MTLS_KEY) == '\0';
    int64_t number;

    if (mb_text_to_int64(mode->text, &number) && number >= 0 && number <= 2)
        mode->text = words[number];
    if (mb_text_equal_nocase(mode->text, "mutual") && no_pair) {
        mb_settings_warn(settings, MB_ID_TLS_MODE,
                         "two-way TLS needs milvus.mtlsCertPath and milvus.mtlsKeyPath, which are not set; "
                         "one-way TLS is used");
        mode->text = words[1];
    }
}

/* v1 has no key for target; it becomes what source says.  A default of source was meant for something else.
 */
static void stand_in(struct mb_settings *settings, size_t target, size_t source)
{
    settings->items[target] = settings->items[source];
    if (settings->items[source].source == MB_FROM_DEFAULT)
        settings->items[target].text = "";
}

static void translate_auth(struct mb_settings *settings, size_t side)
{
    const struct mb_provider *provider = mb_wrapped_provider(settings, side);
    bool use_iam = mb_settings_bool(settings, side + MB_FIELD_USE_IAM);
    const char *type = use_iam ? "iam" : "static";

    if (provider != NULL && provider->family == MB_FAMILY_ACCOUNT) {
        type = use_iam ? "default" : "sharedKey";
        stand_in(settings, side + MB_FIELD_ACCOUNT_NAME, side + MB_FIELD_ACCESS_KEY_ID);
        if (!use_iam)
            stand_in(settings, side + MB_FIELD_ACCOUNT_KEY, side + MB_FIELD_SECRET_ACCESS_KEY);
    }
    if (provider != NULL && provider->family == MB_FAMILY_SERVICE_ACCOUNT) {
        bool has_file = *settings->items[side + MB_FIELD_CREDENTIALS_FILE].text != '\0';
        type = use_iam && !has_file ? "default" : "serviceAccount";
    }
    settings->items[side + MB_FIELD_AUTH_TYPE] = settings->items[side + MB_FIELD_USE_IAM];
    settings->items[side + MB_FIELD_AUTH_TYPE].text = type;
}

/* v1 took "localhost:9091" for a URL. */
static void translate_management(struct mb_settings *settings)
{
    struct mb_setting *setting = &settings->items[MB_ID_MANAGEMENT_ENDPOINT];

    if (*setting->text == '\0' || strstr(setting->text, "://") != NULL)
        return;
    setting->text = mb_settings_keep(settings, mb_arena_printf(settings->arena, "http://%s", setting->text));
}

void mb_settings_translate(struct mb_settings *settings)
{
    translate_tls(settings);
    translate_management(settings);
    translate_auth(settings, MB_ID_MILVUS_STORAGE);
    translate_auth(settings, MB_ID_BACKUP_STORAGE);
    if (mb_settings_bool(settings, MB_ID_CROSS_STORAGE) &&
        !mb_setting_explicit(&settings->items[MB_ID_TRANSFER_MODE])) {
        settings->items[MB_ID_TRANSFER_MODE] = settings->items[MB_ID_CROSS_STORAGE];
        settings->items[MB_ID_TRANSFER_MODE].text = "streaming";
    }
}
