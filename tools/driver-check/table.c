/* table.c - tests of the table that a driver exports. */
#include "check.h"

#include "storage/driver.h"
#include "storage/options.h"

#include <string.h>

static void identity(struct check *c)
{
    const struct mb_storage_plugin *plugin = c->suite->plugin;
    EXPECT(plugin->magic == MB_STORAGE_MAGIC, "magic is %#x", plugin->magic);
    EXPECT(plugin->abi_major == MB_STORAGE_ABI_MAJOR, "abi_major is %u", plugin->abi_major);
    EXPECT(plugin->name != NULL && plugin->name[0] != '\0', "the driver has no name");
    EXPECT(strspn(plugin->name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(plugin->name),
           "the name '%s' holds more than a-z, 0-9, '_' and '-'", plugin->name);
    EXPECT(plugin->version != NULL && plugin->version[0] != '\0', "the driver has no version");
    EXPECT(plugin->description != NULL && plugin->description[0] != '\0', "the driver has no description");
    EXPECT(plugin->thread_model <= MB_THREADS_PARALLEL, "thread_model is %u", plugin->thread_model);
    EXPECT((plugin->can_copy == NULL) == (plugin->copy == NULL), "can_copy and copy belong together");
    EXPECT(plugin->mpu_begin != NULL || (plugin->mpu_copy_part == NULL && plugin->mpu_list == NULL),
           "mpu_copy_part and mpu_list are of no use without mpu_begin");
}

static bool takes(struct check *c, const struct mb_option *option, const char *value)
{
    const char *problem = NULL;
    return mb_option_value(option, value, c->arena, &problem) != NULL;
}

static const struct mb_option *find_option(const struct mb_storage_plugin *plugin, const char *name,
                                           size_t len, struct mb_option *out)
{
    for (uint32_t i = 0; i < plugin->option_count; i++) {
        mb_driver_option(plugin, i, out);
        if (out->name != NULL && strlen(out->name) == len && strncmp(out->name, name, len) == 0)
            return out;
    }
    return NULL;
}

/* when is "name=value" or "name=one|another". */
static void check_when(struct check *c, const struct mb_option *option)
{
    struct mb_option other;
    if (option->when == NULL)
        return;
    size_t len = strcspn(option->when, "=");
    EXPECT(option->when[len] == '=', "option %s: when is '%s', not NAME=VALUE", option->name, option->when);
    EXPECT(find_option(c->suite->plugin, option->when, len, &other) != NULL,
           "option %s: when names '%.*s', which is no option", option->name, (int)len, option->when);
    for (const char *value = option->when + len; *value != '\0';) {
        value++;
        size_t n = strcspn(value, "|");
        const char *one = mb_arena_strndup(c->arena, value, n);
        EXPECT(one != NULL && takes(c, &other, one), "option %s: when names '%s', which %s does not take",
               option->name, one == NULL ? "" : one, other.name);
        value += n;
    }
}

static void check_option(struct check *c, uint32_t i)
{
    struct mb_option option, same;
    mb_driver_option(c->suite->plugin, i, &option);
    EXPECT(option.name != NULL && option.name[0] != '\0', "option %u has no name", i);
    EXPECT(strpbrk(option.name, " =\n") == NULL, "the name of option '%s' cannot be written as name=value",
           option.name);
    EXPECT(option.type <= MB_OPT_URL, "option %s has type %u", option.name, option.type);
    EXPECT((option.flags & ~(uint32_t)(MB_OPT_REQUIRED | MB_OPT_SECRET)) == 0, "option %s has flags %#x",
           option.name, option.flags);
    EXPECT(option.help != NULL && option.help[0] != '\0', "option %s has no help", option.name);
    EXPECT((option.flags & MB_OPT_REQUIRED) == 0 || option.def == NULL,
           "option %s is required and has a default", option.name);
    EXPECT((option.flags & MB_OPT_SECRET) == 0 || option.def == NULL || option.def[0] == '\0',
           "option %s is secret and has a default", option.name);
    EXPECT((option.type == MB_OPT_ENUM) == (option.choices != NULL), "option %s: choices go with MB_OPT_ENUM",
           option.name);
    EXPECT(option.def == NULL || option.def[0] == '\0' || takes(c, &option, option.def),
           "option %s does not take its default '%s'", option.name, option.def);
    for (uint32_t k = 0; k < i; k++) {
        mb_driver_option(c->suite->plugin, k, &same);
        EXPECT(strcmp(same.name, option.name) != 0, "two options are called %s", option.name);
    }
    check_when(c, &option);
}

static void options(struct check *c)
{
    const struct mb_storage_plugin *plugin = c->suite->plugin;
    EXPECT(plugin->option_count == 0 || plugin->options != NULL, "option_count is %u without options",
           plugin->option_count);
    EXPECT(plugin->option_count == 0 || plugin->option_size >= offsetof(struct mb_option, help),
           "option_size is %u", plugin->option_size);
    for (uint32_t i = 0; i < plugin->option_count && c->outcome == PASSED; i++)
        check_option(c, i);
}

const struct test table_tests[] = {
    {"table.identity", "the table names the driver, its ABI and thread model, and slots come in groups", 0,
     identity},
    {"table.options", "every option has a unique name, a type, a help, and a default that it takes itself", 0,
     options},
    {0},
};
