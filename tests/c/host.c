/* A host in C99: uses every function of zhifa.h the right way and the wrong way.
 *
 *   host all DIR PIN URL CODE OFFICER PASSWORD   everything; URL may be "-": then nothing needs a network
 *   host loop STORE PIN TEXT                     captures until killed, printing each acknowledged number
 *   host number STORE PIN ORGAN                  captures visits that take a number each until killed or none is left, printing each
 *   host paper STORE PIN ORGAN                   the same with cases, whose decisions on the spot take the numbers
 *   host sync STORE PIN                          synchronises until killed, printing a line before each session
 *   host sign STORE PIN KEY URL CODE OFFICER PASSWORD
 *                                                makes a store whose key is kept elsewhere: writes each message as a line of hex
 *                                                and reads its signature; enrols, captures, delivers
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zhifa.h"

enum { TEXT = 4096 };

static void fail(int line, const char *what) {
    fprintf(stderr, "host.c:%d: %s\n", line, what);
    exit(1);
}

#define CHECK(condition)                 \
    do {                                 \
        if (!(condition))                \
            fail(__LINE__, #condition);  \
    } while (0)

static ZhifaSlice slice(const char *text) {
    ZhifaSlice out;
    out.ptr = (const uint8_t *)text;
    out.len = strlen(text);
    return out;
}

static ZhifaSlice bytes(const ZhifaBuffer *buffer) {
    ZhifaSlice out;
    out.ptr = buffer->ptr;
    out.len = buffer->len;
    return out;
}

/* The code of an error, which is freed; 0 for success. */
static int code_of(ZhifaError *error) {
    int code = zhifa_error_code(error);
    if (error != NULL) {
        ZhifaSlice message = zhifa_error_message(error);
        ZhifaSlice detail = zhifa_error_detail(error);
        CHECK(message.len > 0 && detail.len >= 2 && detail.ptr[0] == '{');
    }
    zhifa_error_free(error);
    return code;
}

static void ok_at(int line, ZhifaError *error) {
    if (error != NULL) {
        ZhifaSlice message = zhifa_error_message(error);
        fprintf(stderr, "host.c:%d: %d %.*s\n", line, (int)zhifa_error_code(error), (int)message.len, (const char *)message.ptr);
        exit(1);
    }
}

#define OK(call) ok_at(__LINE__, (call))

/* Whether a JSON answer holds a text. */
static int holds(const ZhifaBuffer *buffer, const char *text) {
    size_t n = strlen(text), i;
    for (i = 0; i + n <= buffer->len; i++)
        if (memcmp(buffer->ptr + i, text, n) == 0)
            return 1;
    return 0;
}

/* The text value of a member, copied to `out`. */
static void member(const ZhifaBuffer *buffer, const char *name, char *out, size_t size) {
    char key[64];
    size_t i, n;
    snprintf(key, sizeof key, "\"%s\":\"", name);
    n = strlen(key);
    for (i = 0; i + n < buffer->len; i++) {
        if (memcmp(buffer->ptr + i, key, n) == 0) {
            size_t j = 0;
            for (i += n; i < buffer->len && buffer->ptr[i] != '"' && j + 1 < size; i++)
                out[j++] = (char)buffer->ptr[i];
            out[j] = 0;
            return;
        }
    }
    fail(__LINE__, name);
}

/* The number that follows the device id in "dot":["...",N]. */
static unsigned long dot_number(const ZhifaBuffer *buffer) {
    static const char key[] = "\"dot\":[\"";
    size_t i;
    for (i = 0; i + sizeof key + 20 < buffer->len; i++) {
        if (memcmp(buffer->ptr + i, key, sizeof key - 1) == 0) {
            char digits[24];
            size_t j = 0;
            for (i += sizeof key - 1 + 16 + 2; i < buffer->len && buffer->ptr[i] >= '0' && buffer->ptr[i] <= '9' && j < 23; i++)
                digits[j++] = (char)buffer->ptr[i];
            digits[j] = 0;
            return strtoul(digits, NULL, 10);
        }
    }
    fail(__LINE__, "no dot");
    return 0;
}

static unsigned long capture_site(const ZhifaDevice *device, const char *name, char *record, size_t size) {
    char input[TEXT];
    ZhifaBuffer out;
    unsigned long number;
    snprintf(input, sizeof input, "{\"kind\":\"site\",\"edits\":[{\"field\":\"name\",\"value\":\"%s\",\"replaces\":[]}]}", name);
    OK(zhifa_record_capture(device, slice(input), &out));
    if (record != NULL)
        member(&out, "record", record, size);
    number = dot_number(&out);
    zhifa_buffer_free(&out);
    return number;
}

/* Captures until the process is killed, or nobody reads any more. */
static int run_loop(const char *store, const char *pin, const char *text) {
    ZhifaDevice *device = NULL;
    OK(zhifa_device_open(slice(store), slice(pin), slice(""), &device));
    while (printf("%lu\n", capture_site(device, text, NULL, 0)) > 0 && fflush(stdout) == 0)
        continue;
    OK(zhifa_device_close(&device));
    return 0;
}

/* Takes a number into a new visit of Li's until the process is killed, or none is left. */
static int run_number(const char *store, const char *pin, const char *organ, int paper) {
    ZhifaDevice *device = NULL;
    ZhifaBuffer out;
    ZhifaError *error;
    char input[TEXT], no[128];
    OK(zhifa_device_open(slice(store), slice(pin), slice(""), &device));
    snprintf(input, sizeof input,
             paper ? "{\"kind\":\"case\",\"edits\":[{\"field\":\"handlers.li\",\"value\":{\"role\":\"lead\"},\"replaces\":[]},"
                     "{\"field\":\"papers.d1\",\"value\":{\"type\":\"spot_decision\",\"version\":1},\"replaces\":[]}],"
                     "\"numbers\":[{\"field\":\"papers.d1\",\"organ\":\"%s\"}]}"
                   : "{\"kind\":\"visit\",\"edits\":[{\"field\":\"participants.li\",\"value\":{\"role\":\"officer\"},\"replaces\":[]}],"
                     "\"numbers\":[{\"field\":\"code\",\"organ\":\"%s\"}]}",
             organ);
    while ((error = zhifa_record_capture(device, slice(input), &out)) == NULL) {
        member(&out, "no", no, sizeof no);
        zhifa_buffer_free(&out);
        if (printf("%s\n", no) < 0 || fflush(stdout) != 0)
            break;
    }
    if (error != NULL)
        CHECK(code_of(error) == ZHIFA_CODE_NO_NUMBER);
    OK(zhifa_device_close(&device));
    return 0;
}

/* Synchronises until the process is killed, or nobody reads any more. */
static int run_sync(const char *store, const char *pin) {
    ZhifaDevice *device = NULL;
    OK(zhifa_device_open(slice(store), slice(pin), slice(""), &device));
    while (printf("session\n") > 0 && fflush(stdout) == 0) {
        ZhifaBuffer out;
        OK(zhifa_sync_run(device, slice(""), NULL, NULL, NULL, &out));
        zhifa_buffer_free(&out);
    }
    OK(zhifa_device_close(&device));
    return 0;
}

/* A keystore in another process: hex out, hex back. */
static int32_t sign_elsewhere(void *context, ZhifaSlice message, uint8_t *signature, size_t capacity, size_t *written) {
    int *calls = context;
    unsigned int byte;
    size_t i;
    for (i = 0; i < message.len; i++)
        printf("%02x", message.ptr[i]);
    if (printf("\n") < 0 || fflush(stdout) != 0 || capacity < 64)
        return 1;
    for (i = 0; i < 64; i++) {
        if (scanf("%2x", &byte) != 1)
            return 2;
        signature[i] = (uint8_t)byte;
    }
    *written = 64;
    (*calls)++;
    return 0;
}

static int run_sign(char **argv) {
    ZhifaDevice *device = NULL;
    ZhifaBuffer out;
    char text[TEXT];
    int calls = 0, before;
    snprintf(text, sizeof text, "{\"host_key\":{\"alg\":\"ed25519\",\"public_key\":\"%s\"}}", argv[4]);
    OK(zhifa_device_create(slice(argv[2]), slice(argv[3]), slice(text), &device));
    OK(zhifa_device_set_sign(device, sign_elsewhere, &calls));
    snprintf(text, sizeof text, "{\"server\":\"%s\",\"code\":\"%s\",\"officer\":\"%s\",\"password\":\"%s\",\"label\":\"C\"}", argv[5], argv[6], argv[7], argv[8]);
    OK(zhifa_enrol_run(device, slice(text), NULL, &out));
    zhifa_buffer_free(&out);
    before = calls;
    CHECK(capture_site(device, "signed elsewhere", NULL, 0) == 1 && calls == before + 1);
    OK(zhifa_sync_run(device, slice(""), NULL, NULL, NULL, &out));
    CHECK(holds(&out, "\"complete\":true"));
    zhifa_buffer_free(&out);
    OK(zhifa_device_close(&device));
    return 0;
}

/* Everything that a caller can do wrong without a store. */
static void wrong_calls(const char *dir, const char *pin) {
    ZhifaDevice *device = NULL, *closed;
    ZhifaCancel *cancel = NULL;
    ZhifaBuffer out;
    ZhifaSlice none, huge, bad;
    char path[TEXT];
    char *large;
    static const char invalid[] = "\xff\xfe";

    snprintf(path, sizeof path, "%s/wrong", dir);
    none.ptr = NULL;
    none.len = 0;
    bad.ptr = NULL;
    bad.len = 5;
    CHECK(zhifa_abi_version() == ZHIFA_ABI_VERSION);
    zhifa_error_free(NULL);
    zhifa_buffer_free(NULL);
    CHECK(zhifa_error_code(NULL) == 0 && zhifa_error_message(NULL).len == 0 && zhifa_error_detail(NULL).len == 2);
    OK(zhifa_device_close(NULL));
    OK(zhifa_device_close(&device));
    OK(zhifa_cancel_free(NULL));
    OK(zhifa_cancel_free(&cancel));
    CHECK(code_of(zhifa_cancel_create(NULL)) == ZHIFA_CODE_NULL);
    CHECK(code_of(zhifa_cancel_trigger(NULL)) == ZHIFA_CODE_NULL);

    CHECK(code_of(zhifa_device_create(slice(path), slice(pin), none, NULL)) == ZHIFA_CODE_NULL);
    CHECK(code_of(zhifa_device_create(bad, slice(pin), none, &device)) == ZHIFA_CODE_NULL);
    CHECK(code_of(zhifa_device_create(none, slice(pin), none, &device)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_device_create(slice(invalid), slice(pin), none, &device)) == ZHIFA_CODE_BAD_UTF8);
    CHECK(code_of(zhifa_device_create(slice(path), slice("1"), none, &device)) == ZHIFA_CODE_WEAK_PIN);
    CHECK(code_of(zhifa_device_create(slice(path), slice(pin), slice("{\"v\":2}"), &device)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_device_create(slice(path), slice(pin), slice("[1"), &device)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_device_open(slice(path), slice(pin), none, &device)) == ZHIFA_CODE_MISSING);
    large = calloc(1, (2u << 20) + 1);
    CHECK(large != NULL);
    memset(large, ' ', 2u << 20);
    huge = slice(large);
    CHECK(code_of(zhifa_device_create(slice(path), slice(pin), huge, &device)) == ZHIFA_CODE_TOO_LARGE);
    CHECK(device == NULL);

    OK(zhifa_device_create(slice(path), slice(pin), none, &device));
    CHECK(code_of(zhifa_status_read(device, NULL)) == ZHIFA_CODE_NULL);
    CHECK(code_of(zhifa_record_capture(device, huge, &out)) == ZHIFA_CODE_TOO_LARGE);
    CHECK(out.ptr == NULL && out.len == 0);
    CHECK(code_of(zhifa_record_capture(device, slice(invalid), &out)) == ZHIFA_CODE_BAD_UTF8);
    CHECK(code_of(zhifa_record_capture(device, slice("{}"), &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_record_list(device, none, &out)) == ZHIFA_CODE_NOT_ENROLLED);
    CHECK(code_of(zhifa_sync_run(device, none, NULL, NULL, NULL, &out)) == ZHIFA_CODE_NOT_ENROLLED);
    CHECK(code_of(zhifa_bundle_import(device, slice("not a bundle"), &out)) == ZHIFA_CODE_BAD_BUNDLE);
    CHECK(code_of(zhifa_device_set_sign(device, NULL, NULL)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_deposit(none, none, &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_deposit(slice("/no/such/store"), none, &out)) == ZHIFA_CODE_MISSING);
    OK(zhifa_status_read(device, &out));
    CHECK(holds(&out, "\"enrolled\":false"));
    zhifa_buffer_free(&out);
    zhifa_buffer_free(&out);

    closed = device;
    OK(zhifa_device_close(&device));
    CHECK(device == NULL);
    CHECK(code_of(zhifa_status_read(device, &out)) == ZHIFA_CODE_NULL);
    CHECK(code_of(zhifa_status_read(closed, &out)) == ZHIFA_CODE_CLOSED);
    CHECK(code_of(zhifa_device_close(&closed)) == ZHIFA_CODE_CLOSED);
    CHECK(code_of(zhifa_device_create(slice(path), slice(pin), none, &device)) == ZHIFA_CODE_EXISTS);
    CHECK(code_of(zhifa_device_open(slice(path), slice("wrong-pin"), none, &device)) == ZHIFA_CODE_WRONG_PIN);
    OK(zhifa_device_open(slice(path), slice(pin), none, &device));
    OK(zhifa_device_close(&device));
    free(large);
}

/* A keystore that declines. */
static int32_t decline(void *context, ZhifaSlice message, uint8_t *signature, size_t capacity, size_t *written) {
    int *calls = context;
    (void)signature;
    CHECK(message.len > 0 && capacity >= 64);
    *written = 0;
    (*calls)++;
    return 7;
}

static void keystore(const char *dir, const char *pin) {
    static const char options[] = "{\"host_key\":{\"alg\":\"ed25519\",\"public_key\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}}";
    static const char input[] = "{\"server\":\"http://127.0.0.1:9\",\"code\":\"c\",\"officer\":\"li\",\"password\":\"p\",\"label\":\"l\"}";
    ZhifaDevice *device = NULL;
    ZhifaBuffer head, body;
    char path[TEXT];
    int calls = 0;
    snprintf(path, sizeof path, "%s/keystore", dir);
    OK(zhifa_device_create(slice(path), slice(pin), slice(options), &device));
    CHECK(code_of(zhifa_enrol_request(device, slice(input), &head, &body)) == ZHIFA_CODE_SIGNING);
    OK(zhifa_device_set_sign(device, decline, &calls));
    CHECK(code_of(zhifa_enrol_request(device, slice(input), &head, &body)) == ZHIFA_CODE_SIGNING);
    CHECK(calls == 1);
    OK(zhifa_device_set_sign(device, NULL, NULL));
    OK(zhifa_device_close(&device));
}

struct worker {
    const ZhifaDevice *device;
    int captures;
};

static void *capture_many(void *argument) {
    struct worker *worker = argument;
    int i;
    for (i = 0; i < 20; i++) {
        capture_site(worker->device, "two threads", NULL, 0);
        worker->captures++;
    }
    return NULL;
}

static void count_progress(void *context, ZhifaSlice progress) {
    int *calls = context;
    CHECK(progress.len > 2 && progress.ptr[0] == '{');
    (*calls)++;
}

/* A photo of 3 by 2 pixels. */
static const unsigned char PNG[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x02, 0x08, 0x02, 0x00, 0x00, 0x00, 0x12, 0x16, 0xf1,
    0x4d, 0x00, 0x00, 0x00, 0x15, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x60, 0x90, 0x34, 0xf2,
    0x4e, 0xa9, 0x9d, 0xb6, 0xfe, 0x04, 0x03, 0x9c, 0x05, 0x00, 0x3a, 0xac, 0x07, 0x09, 0x11, 0x83,
    0x73, 0xb2, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};

/* What is kept until the office has it: a photo by being registered, any other file by its path. `store` is the store's path. */
static void originals(const ZhifaDevice *device, const char *store, const char *record) {
    static const char words[] = "what the witness said";
    char path[TEXT], input[TEXT], hash[64];
    ZhifaBuffer out;
    FILE *file;
    snprintf(path, sizeof path, "%.2000s.note.txt", store);
    file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(words, 1, sizeof words - 1, file) == sizeof words - 1 && fclose(file) == 0);
    snprintf(input, sizeof input, "{\"record\":\"%s\",\"mime\":\"text/plain\"}", record);
    OK(zhifa_original_keep(device, slice(input), slice(path), &out));
    CHECK(holds(&out, "\"size\":21") && holds(&out, "\"sm3\":\""));
    member(&out, "sha256", hash, sizeof hash);
    zhifa_buffer_free(&out);
    CHECK(remove(path) == 0);
    CHECK(code_of(zhifa_original_keep(device, slice(input), slice(path), &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_original_keep(device, slice("{}"), slice(path), &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    OK(zhifa_original_list(device, slice(""), &out));
    CHECK(holds(&out, hash) && holds(&out, "note.txt") && holds(&out, "\"acknowledged\":0") && holds(&out, "\"next\":null"));
    zhifa_buffer_free(&out);
    OK(zhifa_original_list(device, slice("{\"limit\":1}"), &out));
    CHECK(!holds(&out, "\"next\":null"));
    zhifa_buffer_free(&out);
    OK(zhifa_original_read(device, slice(hash), 5, &out));
    CHECK(out.len == sizeof words - 1 - 5 && memcmp(out.ptr, words + 5, out.len) == 0);
    zhifa_buffer_free(&out);
    OK(zhifa_original_read(device, slice(hash), sizeof words - 1, &out));
    CHECK(out.len == 0);
    zhifa_buffer_free(&out);
    hash[0] = hash[0] == 'A' ? 'B' : 'A';
    CHECK(code_of(zhifa_original_read(device, slice(hash), 0, &out)) == ZHIFA_CODE_UNKNOWN);
    OK(zhifa_network_metered(device, 1));
    OK(zhifa_network_metered(device, 0));
    CHECK(code_of(zhifa_network_metered(NULL, 1)) == ZHIFA_CODE_NULL);
}

static void photos(const ZhifaDevice *device, const char *store) {
    char visit[64], field[192], hash[64], input[TEXT];
    ZhifaBuffer out;
    ZhifaSlice photo, none;
    photo.ptr = PNG;
    photo.len = sizeof PNG;
    none.ptr = NULL;
    none.len = 0;
    OK(zhifa_record_capture(device, slice("{\"kind\":\"visit\",\"edits\":[{\"field\":\"task\",\"value\":\"C\",\"replaces\":[]}]}"), &out));
    member(&out, "record", visit, sizeof visit);
    zhifa_buffer_free(&out);
    snprintf(input, sizeof input, "{\"record\":\"%s\",\"kind\":\"visit\",\"item\":\"HC-2\",\"taken_ms\":1760000000000}", visit);
    OK(zhifa_photo_register(device, slice(input), photo, &out));
    CHECK(holds(&out, "\"mime\":\"image/png\"") && holds(&out, "\"known\":false"));
    member(&out, "field", field, sizeof field);
    member(&out, "sha256", hash, sizeof hash);
    CHECK(strncmp(field, "photos.HC-2.", 12) == 0 && strlen(hash) == 43);
    zhifa_buffer_free(&out);
    OK(zhifa_photo_register(device, slice(input), photo, &out));
    CHECK(holds(&out, "\"known\":true"));
    zhifa_buffer_free(&out);
    OK(zhifa_photo_thumbnail(device, slice(hash), &out));
    CHECK(out.len > 2 && out.ptr[0] == 0xff && out.ptr[1] == 0xd8);
    zhifa_buffer_free(&out);
    CHECK(code_of(zhifa_photo_register(device, slice(input), none, &out)) == ZHIFA_CODE_BAD_PHOTO);
    CHECK(out.ptr == NULL);
    CHECK(code_of(zhifa_photo_register(device, slice(input), slice("GIF89a"), &out)) == ZHIFA_CODE_BAD_PHOTO);
    CHECK(code_of(zhifa_photo_register(device, slice("{}"), photo, &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_photo_register(device, slice(input), photo, NULL)) == ZHIFA_CODE_NULL);
    photo.len = ((size_t)32 << 20) + 1;
    CHECK(code_of(zhifa_photo_register(device, slice(input), photo, &out)) == ZHIFA_CODE_TOO_LARGE);
    CHECK(code_of(zhifa_photo_thumbnail(device, slice("short"), &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    hash[0] = hash[0] == 'A' ? 'B' : 'A';
    CHECK(code_of(zhifa_photo_thumbnail(device, slice(hash), &out)) == ZHIFA_CODE_UNKNOWN);
    originals(device, store, visit);
}

/* The law that came with the session, asked offline. */
static void law(const ZhifaDevice *device) {
    ZhifaBuffer out;
    OK(zhifa_law_status(device, &out));
    CHECK(holds(&out, "\"held\":true") && holds(&out, "\"refused\":null"));
    zhifa_buffer_free(&out);
    OK(zhifa_law_search(device, slice("{\"q\":\"gdnj\"}"), &out));
    CHECK(holds(&out, "\"key\":\"C-1\"") && holds(&out, "\"rank\":\"initials\""));
    zhifa_buffer_free(&out);
    OK(zhifa_law_get(device, slice("{\"kind\":\"matter\",\"key\":\"C-1\",\"day\":\"2024-01-01\"}"), &out));
    CHECK(holds(&out, "\"row\":{") && holds(&out, "\"violation\":[") && holds(&out, "\"history\":["));
    zhifa_buffer_free(&out);
    OK(zhifa_law_authority(device, slice("{\"matter\":\"C-1\",\"area\":\"zone\",\"power\":\"penalty\",\"day\":\"2023-12-31\"}"), &out));
    CHECK(holds(&out, "\"organ\":\"water\""));
    zhifa_buffer_free(&out);
    OK(zhifa_law_choice(device, slice("{\"matter\":\"C-1\",\"act_start\":\"2023-12-31\",\"decision\":\"2024-01-01\"}"), &out));
    CHECK(holds(&out, "\"rule\":\"unchanged\""));
    zhifa_buffer_free(&out);
    OK(zhifa_law_deadline(device, slice("{\"start\":\"2024-01-01\",\"period\":{\"count\":3,\"unit\":\"calendar_days\"},\"side\":\"organ\"}"), &out));
    CHECK(holds(&out, "\"due\":\"2024-01-04\""));
    zhifa_buffer_free(&out);
    CHECK(code_of(zhifa_law_get(device, slice("{\"kind\":\"matter\",\"key\":\"none\"}"), &out)) == ZHIFA_CODE_UNKNOWN);
    CHECK(code_of(zhifa_law_search(device, slice("{\"limit\":0}"), &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_law_search(device, slice("{}"), NULL)) == ZHIFA_CODE_NULL);
    CHECK(code_of(zhifa_law_authority(device, slice("{}"), &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(out.ptr == NULL);
}

/* A visit with a number that was leased in the session: what stands against it, its code as a picture, a signature. */
static void visit(const ZhifaDevice *device) {
    static const char begin[] =
        "{\"kind\":\"visit\",\"edits\":[{\"field\":\"participants.li\",\"value\":{\"role\":\"officer\"},\"replaces\":[]}],"
        "\"numbers\":[{\"field\":\"code\",\"organ\":\"team\"}]}";
    static const char paper[] =
        "{\"kind\":\"visit\",\"edits\":[{\"field\":\"participants.li\",\"value\":{\"role\":\"officer\"},\"replaces\":[]},"
        "{\"field\":\"papers.p1\",\"value\":{\"type\":\"order_to_correct\",\"version\":1},\"replaces\":[]}],"
        "\"numbers\":[{\"field\":\"papers.p1\",\"organ\":\"team\"}]}";
    char record[64], series[80], token[256], input[TEXT];
    ZhifaBuffer out;
    OK(zhifa_numbers_status(device, &out));
    CHECK(holds(&out, "\"left\":4") && holds(&out, "\"taken\":0"));
    zhifa_buffer_free(&out);
    OK(zhifa_record_capture(device, slice(begin), &out));
    member(&out, "record", record, sizeof record);
    member(&out, "series", series, sizeof series);
    member(&out, "token", token, sizeof token);
    zhifa_buffer_free(&out);
    snprintf(input, sizeof input, "{\"record\":\"%s\"}", record);
    OK(zhifa_visit_check(device, slice(input), &out));
    CHECK(holds(&out, "\"act\":\"start_urgent\"") && holds(&out, "\"two_officers\"") && holds(&out, "\"object_unlinked\""));
    zhifa_buffer_free(&out);
    OK(zhifa_code_qr(device, slice(input), &out));
    CHECK(holds(&out, "<svg") && holds(&out, token));
    zhifa_buffer_free(&out);
    snprintf(input, sizeof input, "{\"scanned\":\"https://zhifa.example/c/%s\"}", token);
    OK(zhifa_code_verify(device, slice(input), &out));
    CHECK(holds(&out, "\"genuine\":true") && holds(&out, series));
    zhifa_buffer_free(&out);
    snprintf(input, sizeof input, "{\"series\":\"%s\",\"seq\":1,\"reason\":\"misprinted\"}", series);
    OK(zhifa_number_spoil(device, slice(input), &out));
    CHECK(holds(&out, "misprinted"));
    zhifa_buffer_free(&out);
    OK(zhifa_record_capture(device, slice(paper), &out));
    CHECK(holds(&out, "第0001号"));
    member(&out, "record", record, sizeof record);
    zhifa_buffer_free(&out);
    snprintf(input, sizeof input, "{\"record\":\"%s\",\"paper\":\"p1\"}", record);
    OK(zhifa_paper_seal(device, slice(input), &out));
    CHECK(holds(&out, "\"genuine\":true") && holds(&out, "\"png\":null"));
    zhifa_buffer_free(&out);
    OK(zhifa_case_check(device, slice("{\"edits\":[{\"field\":\"title\",\"value\":\"t\",\"replaces\":[]}]}"), &out));
    CHECK(holds(&out, "\"act\":\"punish_on_spot\"") && holds(&out, "\"no_number\""));
    zhifa_buffer_free(&out);
    CHECK(code_of(zhifa_case_check(device, slice(input), &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_document_preview(device, slice("{\"kind\":\"case\",\"type\":\"spot_decision\",\"paper\":\"d1\"}"), &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    OK(zhifa_signature_thin(slice("{\"strokes\":[[0,0,10,10,20,20]],\"w\":100,\"h\":50}"), &out));
    CHECK(holds(&out, "\"strokes\":[[0,0,20,20]]") && holds(&out, "<svg"));
    zhifa_buffer_free(&out);
    CHECK(code_of(zhifa_signature_thin(slice("{\"strokes\":[],\"w\":100,\"h\":50}"), &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_signature_thin(slice("{\"strokes\":[[1,2,3]],\"w\":100,\"h\":50}"), &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_signature_thin(slice(""), NULL)) == ZHIFA_CODE_NULL);
    CHECK(code_of(zhifa_visit_check(device, slice("{\"record\":\"00000000000000000000000000000001\"}"), &out)) == ZHIFA_CODE_UNKNOWN);
    CHECK(code_of(zhifa_code_verify(device, slice("{}"), &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_number_spoil(device, slice("{\"series\":\"x\",\"seq\":1,\"reason\":\"r\"}"), &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_paper_seal(device, slice("{}"), &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_numbers_status(device, NULL)) == ZHIFA_CODE_NULL);
    CHECK(out.ptr == NULL);
}

static void online(const char *dir, const char *pin, const char *url, const char *code, const char *officer, const char *password) {
    ZhifaDevice *device = NULL;
    ZhifaCancel *cancel = NULL;
    ZhifaBuffer out, body;
    char input[TEXT], path[TEXT], record[64];
    pthread_t threads[2];
    struct worker workers[2];
    int calls = 0, i;

    snprintf(path, sizeof path, "%s/online", dir);
    OK(zhifa_device_create(slice(path), slice(pin), slice("{\"app\":\"host.c/1\"}"), &device));
    snprintf(input, sizeof input, "{\"server\":\"%s\",\"code\":\"%s\",\"officer\":\"%s\",\"password\":\"%s\",\"label\":\"C\"}", url, code, officer, password);
    OK(zhifa_enrol_request(device, slice(input), &out, &body));
    CHECK(holds(&out, "/sync/v1/enrol") && body.len > 0);
    zhifa_buffer_free(&out);
    zhifa_buffer_free(&body);
    CHECK(code_of(zhifa_enrol_answer(device, 200, slice("{}"), slice("<html>"), &out)) == ZHIFA_CODE_NOT_THE_SERVER);
    OK(zhifa_enrol_run(device, slice(input), NULL, &out));
    CHECK(holds(&out, officer));
    zhifa_buffer_free(&out);

    /* Two threads on one handle. */
    for (i = 0; i < 2; i++) {
        workers[i].device = device;
        workers[i].captures = 0;
        CHECK(pthread_create(&threads[i], NULL, capture_many, &workers[i]) == 0);
    }
    for (i = 0; i < 2; i++)
        CHECK(pthread_join(threads[i], NULL) == 0 && workers[i].captures == 20);
    CHECK(capture_site(device, "last", record, sizeof record) == 41);

    snprintf(input, sizeof input, "{\"record\":\"%s\",\"seal\":true}", record);
    OK(zhifa_record_view(device, slice(input), &out));
    CHECK(holds(&out, "\"reading\":\"one\"") && holds(&out, "\"seal\":{"));
    zhifa_buffer_free(&out);
    OK(zhifa_record_list(device, slice("{\"limit\":2}"), &out));
    CHECK(holds(&out, "\"next\":\""));
    zhifa_buffer_free(&out);
    CHECK(code_of(zhifa_record_list(device, slice("{\"limit\":0}"), &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_record_view(device, slice("{\"record\":\"00000000000000000000000000000001\"}"), &out)) == ZHIFA_CODE_UNKNOWN);
    snprintf(input, sizeof input, "{\"record\":\"%s\"}", record);
    OK(zhifa_form_view(device, slice(input), &out));
    CHECK(holds(&out, "\"questions\":[]"));
    zhifa_buffer_free(&out);

    /* A clash with oneself: a second value that cites nothing. */
    snprintf(input, sizeof input, "{\"record\":\"%s\",\"kind\":\"site\",\"edits\":[{\"field\":\"name\",\"value\":\"other\",\"replaces\":[]}]}", record);
    OK(zhifa_record_capture(device, slice(input), &out));
    CHECK(holds(&out, "\"contested\":[\"name\"]"));
    zhifa_buffer_free(&out);
    OK(zhifa_clash_list(device, slice("{}"), &out));
    CHECK(holds(&out, "\"field\":\"name\""));
    {
        char device_id[32];
        OK(zhifa_status_read(device, &body));
        member(&body, "device", device_id, sizeof device_id);
        zhifa_buffer_free(&body);
        snprintf(input, sizeof input, "{\"record\":\"%s\",\"field\":\"name\",\"value\":\"settled\",\"replaces\":[[\"%s\",41],[\"%s\",42]],\"reason\":\"seen both\"}", record, device_id, device_id);
    }
    zhifa_buffer_free(&out);
    OK(zhifa_clash_resolve(device, slice(input), &out));
    CHECK(holds(&out, "\"contested\":[]"));
    zhifa_buffer_free(&out);

    OK(zhifa_notice_list(device, slice("{}"), &out));
    CHECK(holds(&out, "\"notices\":[]"));
    zhifa_buffer_free(&out);
    OK(zhifa_notice_shown(device, slice("{\"through\":1}"), &out));
    CHECK(holds(&out, "\"forgotten\":0"));
    zhifa_buffer_free(&out);

    /* Without a session there is nothing to hand in with; another PIN and back. */
    CHECK(code_of(zhifa_deposit(slice(path), slice(""), &out)) == ZHIFA_CODE_NOT_ENROLLED);
    CHECK(out.ptr == NULL);
    CHECK(code_of(zhifa_device_change_pin(device, slice("wrong-pin"), slice("another-pin"))) == ZHIFA_CODE_WRONG_PIN);
    CHECK(code_of(zhifa_device_change_pin(device, slice(pin), slice("1"))) == ZHIFA_CODE_WEAK_PIN);
    OK(zhifa_device_change_pin(device, slice(pin), slice("another-pin")));
    OK(zhifa_device_change_pin(device, slice("another-pin"), slice(pin)));

    OK(zhifa_bundle_export(device, slice("{}"), &out));
    OK(zhifa_bundle_import(device, bytes(&out), &body));
    CHECK(holds(&body, "\"known\":43"));
    zhifa_buffer_free(&body);
    zhifa_buffer_free(&out);

    /* Cancelled before it begins, then one request by hand, then a whole session. */
    OK(zhifa_cancel_create(&cancel));
    OK(zhifa_cancel_trigger(cancel));
    CHECK(code_of(zhifa_sync_run(device, slice(""), cancel, count_progress, &calls, &out)) == ZHIFA_CODE_CANCELLED);
    OK(zhifa_cancel_free(&cancel));
    CHECK(cancel == NULL && calls == 0);
    OK(zhifa_sync_next(device, &out, &body));
    CHECK(holds(&out, "\"method\":\"POST\"") && body.len > 0);
    zhifa_buffer_free(&out);
    zhifa_buffer_free(&body);
    OK(zhifa_sync_answer(device, 0, slice(""), slice(""), &out));
    CHECK(holds(&out, "\"complete\":false"));
    zhifa_buffer_free(&out);
    OK(zhifa_sync_next(device, &out, &body));
    CHECK(out.ptr == NULL && body.ptr == NULL);
    OK(zhifa_sync_run(device, slice("{\"connectivity_changed\":true}"), NULL, count_progress, &calls, &out));
    CHECK(holds(&out, "\"complete\":true") && calls >= 3);
    zhifa_buffer_free(&out);
    OK(zhifa_status_read(device, &out));
    CHECK(holds(&out, "\"unsent\":0") && holds(&out, "\"done\":true"));
    CHECK(holds(&out, "\"lease\":{\"lapsed\":false") && holds(&out, "\"locked\":false") && holds(&out, "\"ending\":false"));
    zhifa_buffer_free(&out);
    law(device);
    visit(device);
    photos(device, path);
    OK(zhifa_device_close(&device));

    /* What the visit and the photos' facts wrote is handed in without the PIN. */
    OK(zhifa_deposit(slice(path), slice("{}"), &out));
    CHECK(holds(&out, "\"frames\":4") && holds(&out, "\"erased\":null"));
    zhifa_buffer_free(&out);
    CHECK(code_of(zhifa_deposit(slice(path), slice("{\"v\":2}"), &out)) == ZHIFA_CODE_BAD_ARGUMENT);
    CHECK(code_of(zhifa_deposit(slice(path), slice(""), NULL)) == ZHIFA_CODE_NULL);
}

int main(int argc, char **argv) {
    if (argc == 5 && strcmp(argv[1], "loop") == 0)
        return run_loop(argv[2], argv[3], argv[4]);
    if (argc == 5 && strcmp(argv[1], "number") == 0)
        return run_number(argv[2], argv[3], argv[4], 0);
    if (argc == 5 && strcmp(argv[1], "paper") == 0)
        return run_number(argv[2], argv[3], argv[4], 1);
    if (argc == 4 && strcmp(argv[1], "sync") == 0)
        return run_sync(argv[2], argv[3]);
    if (argc == 9 && strcmp(argv[1], "sign") == 0)
        return run_sign(argv);
    if (argc != 8 || strcmp(argv[1], "all") != 0) {
        fprintf(stderr, "usage: host all DIR PIN URL CODE OFFICER PASSWORD | host loop STORE PIN TEXT | host number STORE PIN ORGAN | host paper STORE PIN ORGAN | host sync STORE PIN | host sign STORE PIN KEY URL CODE OFFICER PASSWORD\n");
        return 2;
    }
    wrong_calls(argv[2], argv[3]);
    keystore(argv[2], argv[3]);
    if (strcmp(argv[4], "-") != 0)
        online(argv[2], argv[3], argv[4], argv[5], argv[6], argv[7]);
    puts("ok");
    return 0;
}
