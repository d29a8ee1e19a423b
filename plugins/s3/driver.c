#include "common/s3/s3.h"

#include "base/error.h"
#include "common/credentials/aws.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* The key goes with every request that reads or writes data, and with copies out of the bucket once more. */
static mb_status add_customer_key(struct mb_store *store, const char *key, struct mb_error *error)
{
    enum { ON = MB_S3_ON_READ | MB_S3_ON_CREATE | MB_S3_ON_PART };
    static const struct {
        unsigned when;
        const char *prefix;
    } uses[] = {{ON, "x-amz-server-side-encryption-customer-"},
                {MB_S3_ON_COPY_SOURCE, "x-amz-copy-source-server-side-encryption-customer-"}};
    unsigned char bytes[34], hash[EVP_MAX_MD_SIZE];
    char md5[25], name[80];
    mb_status status = MB_OK;

    if (!mb_s3_speaks_tls(store))
        return mb_fail(error, MB_E_CONFIG, "customerKey must not travel without TLS: set useSSL to true");
    if (strlen(key) != 44 || EVP_DecodeBlock(bytes, (const unsigned char *)key, 44) != 33 || key[43] != '=')
        return mb_fail(error, MB_E_CONFIG, "customerKey is not the base64 of 32 bytes");
    if (EVP_Digest(bytes, 32, hash, NULL, EVP_md5(), NULL) != 1)
        status = mb_fail(error, MB_E_CONFIG, "customerKey needs MD5, which this machine's OpenSSL lacks");
    OPENSSL_cleanse(bytes, sizeof(bytes));
    EVP_EncodeBlock((unsigned char *)md5, hash, 16);
    for (size_t i = 0; i < 2 && status == MB_OK; i++) {
        const struct {
            const char *end;
            const char *value;
        } headers[] = {{"algorithm", "AES256"}, {"key", key}, {"key-MD5", md5}};
        for (size_t j = 0; j < 3 && status == MB_OK; j++) {
            snprintf(name, sizeof(name), "%s%s", uses[i].prefix, headers[j].end);
            status = mb_s3_add_header(store, uses[i].when, name, headers[j].value, error);
        }
    }
    return status;
}

static mb_status add_encryption(struct mb_store *store, const struct mb_config_values *config,
                                struct mb_error *error)
{
    const char *encryption = mb_option_text(config, "serverSideEncryption");
    const char *kms_key = mb_option_text(config, "kmsKeyID");
    const char *customer_key = mb_option_text(config, "customerKey");
    bool encrypts = encryption && strcmp(encryption, "none") != 0;
    mb_status status = MB_OK;

    if (customer_key && encrypts)
        return mb_fail(error, MB_E_CONFIG, "customerKey and serverSideEncryption exclude each other");
    if (kms_key && (!encrypts || strncmp(encryption, "aws:kms", 7) != 0))
        return mb_fail(error, MB_E_CONFIG, "kmsKeyID needs serverSideEncryption aws:kms");
    if (customer_key)
        return add_customer_key(store, customer_key, error);
    if (encrypts)
        status = mb_s3_add_header(store, MB_S3_ON_CREATE, "x-amz-server-side-encryption", encryption, error);
    if (status == MB_OK && kms_key)
        status = mb_s3_add_header(store, MB_S3_ON_CREATE, "x-amz-server-side-encryption-aws-kms-key-id",
                                  kms_key, error);
    return status;
}

static mb_status read_options(struct mb_store *store, const struct mb_config_values *config,
                              struct mb_error *error)
{
    const char *storage_class = mb_option_text(config, "storageClass");
    bool requester_pays = false;

    mb_status status = add_encryption(store, config, error);
    if (status == MB_OK && storage_class)
        status = mb_s3_add_header(store, MB_S3_ON_CREATE, "x-amz-storage-class", storage_class, error);
    if (status == MB_OK)
        status = mb_option_bool(config, "requesterPays", &requester_pays, error);
    if (status == MB_OK && requester_pays)
        status = mb_s3_add_header(store, MB_S3_ON_ALL | MB_S3_ON_COPY_SOURCE, "x-amz-request-payer",
                                  "requester", error);
    return status;
}

static const struct mb_s3_dialect dialect = {
    .name = "s3",
    .flags = MB_S3_CHECKSUMS | MB_S3_FIND_REGION | MB_S3_LOOK_FIRST,
    .default_region = "us-east-1",
    .if_absent = {"If-None-Match", "*"},
    MB_S3_USUAL_LIMITS,
    MB_S3_AWS_HOSTS,
    .find_credentials = mb_credentials_find_aws,
    .read_options = read_options,
};

static const struct mb_option options[] = {
    MB_S3_OPTIONS,
    {.name = "serverSideEncryption",
     .type = MB_OPT_ENUM,
     .def = "none",
     .choices = "none|AES256|aws:kms|aws:kms:dsse",
     .help = "How the service encrypts what is written; none leaves it to the bucket."},
    {.name = "kmsKeyID",
     .type = MB_OPT_STRING,
     .help = "Key for aws:kms; that of the bucket when it is not set."},
    {.name = "customerKey",
     .type = MB_OPT_STRING,
     .flags = MB_OPT_SECRET,
     .help = "Base64 of a 256-bit key of your own with which the service encrypts and decrypts (SSE-C)."},
    {.name = "storageClass", .type = MB_OPT_STRING, .help = "Storage class of what is written."},
    {.name = "requesterPays",
     .type = MB_OPT_BOOL,
     .def = "false",
     .help = "Agree to pay for requests to a bucket that asks its readers to."},
};

MB_S3_DRIVER("s3", "Amazon S3", MB_ROW(mb_s3, remove_many), MB_ROW(mb_s3, mpu_copy_part));
