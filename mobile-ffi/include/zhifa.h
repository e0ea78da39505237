/* The C ABI of Zhifa's device runtime. Generated from mobile-ffi/src/abi; do not edit.
 *
 * Every function returns an error, or NULL for success; free it with zhifa_error_free.
 * Results come through out-pointers that must not be NULL; on an error they are empty. Free buffers with zhifa_buffer_free.
 * Slices are read during the call only; their pointer may be NULL if the length is 0. Text is UTF-8 without a terminator.
 * Handles are names, not addresses: a closed one gives ZHIFA_CODE_CLOSED. Any function may be called from any thread.
 * JSON objects carry "v": 1; members may be added. A dot is ["<device>", number].
 */

#ifndef ZHIFA_H
#define ZHIFA_H

#include <stddef.h>
#include <stdint.h>

// Version of this ABI. Functions, members and codes are added under the same number; whatever else changes raises it.
#define ZHIFA_ABI_VERSION 1

// What went wrong. Families leave gaps: 1xx the caller, 2xx the store, 3xx secrets, 4xx capture and enrolment,
// 5xx the network, 6xx bundles, 9xx faults of this library.
enum ZhifaCode
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // A required pointer was null.
  ZHIFA_CODE_NULL = 100,
  // Text was not UTF-8.
  ZHIFA_CODE_BAD_UTF8 = 101,
  // An input was larger than its limit.
  ZHIFA_CODE_TOO_LARGE = 102,
  // An argument was not of the documented form.
  ZHIFA_CODE_BAD_ARGUMENT = 103,
  // The same thing is being done already.
  ZHIFA_CODE_BUSY = 104,
  // The handle was closed, or never was one.
  ZHIFA_CODE_CLOSED = 105,
  // The device's database could not be read or written.
  ZHIFA_CODE_STORE = 200,
  // The file could not be opened as a store and was set aside; `detail.aside` names where.
  ZHIFA_CODE_SET_ASIDE = 201,
  // A store exists already under this path.
  ZHIFA_CODE_EXISTS = 202,
  // There is no store under this path.
  ZHIFA_CODE_MISSING = 203,
  // The disk is full: nothing was kept.
  ZHIFA_CODE_DISK_FULL = 204,
  // The store was written by a later version of the app.
  ZHIFA_CODE_NEWER_STORE = 205,
  // The office ordered this store to be erased, and it is; `detail` says by which order and where its journal ended.
  ZHIFA_CODE_ERASED = 206,
  // The PIN is not right.
  ZHIFA_CODE_WRONG_PIN = 300,
  // Too many wrong PINs; `detail.retry_ms` says how long to wait.
  ZHIFA_CODE_PIN_DELAY = 301,
  // The PIN does not meet the rule.
  ZHIFA_CODE_WEAK_PIN = 302,
  // The key could not sign.
  ZHIFA_CODE_SIGNING = 303,
  // Nothing may be read for want of contact with the office: connect once. Capturing and delivering go on.
  ZHIFA_CODE_LEASE_LAPSED = 304,
  // The office locked this store: close it, and open it by the PIN.
  ZHIFA_CODE_LOCKED = 305,
  // The store is not enrolled.
  ZHIFA_CODE_NOT_ENROLLED = 400,
  // What was to be captured is not valid.
  ZHIFA_CODE_REJECTED = 401,
  // The chain was frozen by the server: no capture under it any more.
  ZHIFA_CODE_FROZEN = 402,
  // No such record, field or change is known here.
  ZHIFA_CODE_UNKNOWN = 403,
  // The store is enrolled already.
  ZHIFA_CODE_ENROLLED = 404,
  // The bytes are not a photo that can be taken; `detail.code` says why: photo_empty, photo_type, photo_too_large, photo_broken.
  ZHIFA_CODE_BAD_PHOTO = 405,
  // The office ordered this store to deliver everything and be erased: nothing more is captured or taken over.
  ZHIFA_CODE_ENDING = 406,
  // No number is left on this handheld to be taken; `detail` names organ and year. Connect to the office for more, or capture without one.
  ZHIFA_CODE_NO_NUMBER = 407,
  // The server could not be reached, or answered that it cannot serve now. Try again later.
  ZHIFA_CODE_OFFLINE = 500,
  // The server refused the request; `detail` holds its problem document.
  ZHIFA_CODE_REFUSED = 501,
  // What answered is not the enrolled server (a captive portal, or a wrong address).
  ZHIFA_CODE_NOT_THE_SERVER = 502,
  // The caller cancelled.
  ZHIFA_CODE_CANCELLED = 503,
  // The file is not a bundle for this device.
  ZHIFA_CODE_BAD_BUNDLE = 600,
  // A panic inside the library; the handle may be used further.
  ZHIFA_CODE_PANIC = 900,
  // A fault of this library.
  ZHIFA_CODE_INTERNAL = 901,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ZhifaCode ZhifaCode;
#else
typedef int32_t ZhifaCode;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A cancel token. Once triggered, for good: make one per undertaking.
typedef struct ZhifaCancel ZhifaCancel;

// One store of one officer, open.
typedef struct ZhifaDevice ZhifaDevice;

// An error: owned by the caller, freed with `zhifa_error_free`.
typedef struct ZhifaError ZhifaError;

// Bytes lent to the callee for the time of a call. `ptr` may be null if `len` is 0.
typedef struct ZhifaSlice {
  // The first byte.
  const uint8_t *ptr;
  // Number of bytes.
  size_t len;
} ZhifaSlice;

// Bytes that the caller owns and frees with `zhifa_buffer_free`.
typedef struct ZhifaBuffer {
  // The first byte; null if empty.
  uint8_t *ptr;
  // Number of bytes.
  size_t len;
  // Bytes allocated; not for the caller.
  size_t cap;
} ZhifaBuffer;

// Signs `message` with the device's key in the host's keystore: writes at most `capacity` bytes to `signature` and
// their number to `written`. Returns 0, or anything else if the key cannot sign now. Called on whatever thread
// captures or syncs; it must not call back into the same device.
typedef int32_t (*ZhifaSign)(void *context,
                             struct ZhifaSlice message,
                             uint8_t *signature,
                             size_t capacity,
                             size_t *written);

// Told before each request, on the thread that syncs: `{"phase": "session|salvage|push|pull|certificates|law|numbers|thumbnails|originals|last_words",
// "requests", "pushed", "updated", "files": {"sent", "sent_bytes", "waiting", "waiting_bytes", "refused"}}`, lent for the time of the call. It may capture and read on the same device.
typedef void (*ZhifaProgress)(void *context, struct ZhifaSlice progress);

// Every code, for the header and for wrappers.
#define ZhifaCode_ALL { ZhifaCode_Null, ZhifaCode_BadUtf8, ZhifaCode_TooLarge, ZhifaCode_BadArgument, ZhifaCode_Busy, ZhifaCode_Closed, ZhifaCode_Store, ZhifaCode_SetAside, ZhifaCode_Exists, ZhifaCode_Missing, ZhifaCode_DiskFull, ZhifaCode_NewerStore, ZhifaCode_Erased, ZhifaCode_WrongPin, ZhifaCode_PinDelay, ZhifaCode_WeakPin, ZhifaCode_Signing, ZhifaCode_LeaseLapsed, ZhifaCode_Locked, ZhifaCode_NotEnrolled, ZhifaCode_Rejected, ZhifaCode_Frozen, ZhifaCode_Unknown, ZhifaCode_Enrolled, ZhifaCode_BadPhoto, ZhifaCode_Ending, ZhifaCode_NoNumber, ZhifaCode_Offline, ZhifaCode_Refused, ZhifaCode_NotTheServer, ZhifaCode_Cancelled, ZhifaCode_BadBundle, ZhifaCode_Panic, ZhifaCode_Internal, }

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The version that the library was built with; compare with `ZHIFA_ABI_VERSION` of the header.
uint32_t zhifa_abi_version(void);

// Writes undelivered changes, and thumbnails of their photos, to one file: `{"records"?: [ids, all if left out], "sealed"?: true for a carrier}`.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_bundle_export(const struct ZhifaDevice *handle,
                                       struct ZhifaSlice input,
                                       struct ZhifaBuffer *out);

// Takes a colleague's file in. Gives `{"imported": [dots], "known", "unverified", "conflicting": [dots], "thumbnails"}`.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_bundle_import(const struct ZhifaDevice *handle,
                                       struct ZhifaSlice file,
                                       struct ZhifaBuffer *out);

// Makes a token.
//
// # Safety
// `out` is null or valid for writing.
struct ZhifaError *zhifa_cancel_create(struct ZhifaCancel **out);

// Cancels whatever was given this token, also a request that is on its way.
struct ZhifaError *zhifa_cancel_trigger(const struct ZhifaCancel *cancel);

// Frees a token and sets the caller's variable to null. Null, and a variable that is null already, are accepted.
// Work that holds the token goes on.
//
// # Safety
// `cancel` is null or points to a variable of the caller.
struct ZhifaError *zhifa_cancel_free(struct ZhifaCancel **cancel);

// What stands against a case, and which acts it stands before, as this handheld knows it; nothing is kept. Input, `acts`, `tried` and
// `law` as for `zhifa_visit_check`; gives `{"record", "stage", "tried", "acts", "law", "day", "findings"}`.
//
// `findings`: what the law that is held and other cases of the party say on `day`, `{"code", "about", "key", "weight": "warn" | "wait" | "block", "bars":
// [act …], "basis", "detail", "settled", "zh", "en"}`; null, as `law` is, until a law has arrived. Nothing of it keeps an officer from capturing what was done:
// the office sees it as a flag. The server may know of cases that this handheld does not.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_case_check(const struct ZhifaDevice *handle,
                                    struct ZhifaSlice input,
                                    struct ZhifaBuffer *out);

// A document as it would be printed, to be read by the party before it is captured; nothing is kept:
// `{"record"?, "kind": "case" | "visit", "edits"?, "numbers"?, "paper": id | "type": type, "of"?, "time"?}`, with `edits` and `numbers` as for a capture, judged as if
// they were captured. Gives `{"type", "title", "version", "number", "digest", "html", "missing"}`.
//
// `html` is one page without scripts or anything that is loaded; `digest`, in a paper's member `sha256`, tells the office what was shown. Both are null while a
// fact is missing, and `missing` says which: `{"fact", "line", "reason"}`. `paper` is the id of `papers.<id>`; a number that its seal is not good for is shown
// without a seal.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_document_preview(const struct ZhifaDevice *handle,
                                          struct ZhifaSlice input,
                                          struct ZhifaBuffer *out);

// Frees a buffer and leaves it empty, so that a second call does nothing. Null is accepted.
//
// # Safety
// `buffer` is null or points to a buffer that this library filled, or to an empty one.
void zhifa_buffer_free(struct ZhifaBuffer *buffer);

// Hands in what the store under `path` has sealed to the server, without opening it: the PIN may be forgotten, the store
// locked or lapsed, its officer suspended. Of an erased store it tells the office so, if it does not know yet.
// `options`: `{"server"?: "https://…", "roots_pem"?: "…"}`, or empty.
//
// Gives counts, `{"frames", "repeats", "applied", "parked", "quarantined", "dismissed", "unverified", "erased"}`, and nothing of
// what was handed in. Handing in twice changes nothing; nothing is removed before the opened store has its receipt. Code 400 if the
// store has never had a session, 203 if there is none. Blocks; a dead network ends it after a minute.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_deposit(struct ZhifaSlice path_of_store,
                                 struct ZhifaSlice options,
                                 struct ZhifaBuffer *out);

// Makes a new store under `path` with fresh keys, wrapped by the officer's PIN (at least 6 characters).
//
// `options`: `{"app": "name/version", "roots_pem": "…", "host_key": {"alg": "ed25519", "public_key": "<base64url>"}}`,
// all optional. With `host_key` the signing key stays in the host's keystore; set its callback next.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_device_create(struct ZhifaSlice path,
                                       struct ZhifaSlice pin,
                                       struct ZhifaSlice options,
                                       struct ZhifaDevice **out);

// Opens a store. A wrong PIN is code 300, one too soon after others 301 (`detail.retry_ms`). A file that is no
// store under its key is renamed and reported with code 201 (`detail.aside`), never overwritten. One that the office
// ordered to be erased is code 206: `detail` has `order`, `head_seq`, `head`, and whether the office knows (`acknowledged`).
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_device_open(struct ZhifaSlice path,
                                     struct ZhifaSlice pin,
                                     struct ZhifaSlice options,
                                     struct ZhifaDevice **out);

// Closes a store and sets the caller's variable to null. Null, and a variable that is null already, are accepted.
// Calls under way on other threads end as if it were open; later ones get code 105.
//
// # Safety
// `device` is null or points to a variable of the caller.
struct ZhifaError *zhifa_device_close(struct ZhifaDevice **device);

// Wraps the store's keys by another PIN. The old one is needed; a wrong one is code 300 and counts as at opening. After a power cut
// one of the two opens the store, and nothing else does.
//
// # Safety
// Slices as the header's rules say.
struct ZhifaError *zhifa_device_change_pin(const struct ZhifaDevice *handle,
                                           struct ZhifaSlice old,
                                           struct ZhifaSlice new_pin);

// Sets the keystore callback of a store that was created with `host_key`; null takes it away. `context` must live
// until the callback is replaced or the store is closed and its calls have ended.
struct ZhifaError *zhifa_device_set_sign(const struct ZhifaDevice *handle,
                                         ZhifaSign sign,
                                         void *context);

// Enrols a store: `{"server": "https://…", "code": "…", "officer": "…", "password": "…", "label": "…"}`, and
// `"continues": "<head>"` after a fork. Gives `{"device", "officer", "district", "epoch"}`. Can be repeated with the
// same code if the answer was lost. `cancel` may be null.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_enrol_run(const struct ZhifaDevice *handle,
                                   struct ZhifaSlice input,
                                   const struct ZhifaCancel *cancel,
                                   struct ZhifaBuffer *out);

// For hosts that do HTTP themselves: the request that enrols, as in `zhifa_sync_next`.
//
// # Safety
// Slices and out-pointers as the header's rules say.
struct ZhifaError *zhifa_enrol_request(const struct ZhifaDevice *handle,
                                       struct ZhifaSlice input,
                                       struct ZhifaBuffer *out_head,
                                       struct ZhifaBuffer *out_body);

// Takes in the answer to that request, as in `zhifa_sync_answer`.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_enrol_answer(const struct ZhifaDevice *handle,
                                      uint16_t status,
                                      struct ZhifaSlice headers,
                                      struct ZhifaSlice body,
                                      struct ZhifaBuffer *out);

// The error's code: one of `ZhifaCode`. 0 for null.
//
// # Safety
// `error` is null or was returned by this library and not freed.
int32_t zhifa_error_code(const struct ZhifaError *error);

// A sentence for a log or a developer: what was wrong, and what to do. UTF-8, lent until the error is freed.
//
// # Safety
// As `zhifa_error_code`.
struct ZhifaSlice zhifa_error_message(const struct ZhifaError *error);

// A JSON object with machine-readable detail, lent until the error is freed.
//
// # Safety
// As `zhifa_error_code`.
struct ZhifaSlice zhifa_error_detail(const struct ZhifaError *error);

// Frees an error. Null is accepted.
//
// # Safety
// `error` is null or was returned by this library and not freed.
void zhifa_error_free(struct ZhifaError *error);

// Finds by name or code: `{"q", "kinds"?: ["matter", "organ", "unit", "area", "site"], "day"?, "area"?, "limit"?}` gives
// `{"day", "hits": [{"kind", "key", "name", "rank", "organ", "highlights"}]}`, best first. `q` is Chinese words, pinyin, their
// initials, or the beginning of a code. `organ` (`{"key", "name"}`, or null) may punish in a matter on that day; `highlights` are pairs of
// first character and length. Code 403 if no law has arrived yet.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_law_search(const struct ZhifaDevice *handle,
                                    struct ZhifaSlice input,
                                    struct ZhifaBuffer *out);

// One thing: `{"kind", "key", "day"?}` gives `{"day", "row": {"from", "until", "body"}, "history": [rows]}`; `row` is null if none is in
// force on the day. A matter's body has its clauses, penalties and fine. Code 403 if the law that is held does not know it.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_law_get(const struct ZhifaDevice *handle,
                                 struct ZhifaSlice input,
                                 struct ZhifaBuffer *out);

// Who holds a power: `{"matter", "area", "power": "penalty" | "inspection" | "coercion", "day"?}` gives `{"day", "holder", "name", "none"}`;
// where nobody does, `holder` is null and `none` says why.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_law_authority(const struct ZhifaDevice *handle,
                                       struct ZhifaSlice input,
                                       struct ZhifaBuffer *out);

// Which law applies to an act: `{"matter", "act_start", "act_end"?, "refused"?, "decision"}` gives `{"choice", "none"}`. A choice has its `rule`,
// the versions `then` and `now`, and what was compared; where there is no law to choose, `none` says why.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_law_choice(const struct ZhifaDevice *handle,
                                    struct ZhifaSlice input,
                                    struct ZhifaBuffer *out);

// When a period is over: `{"start", "period": {"count", "unit"} | {"rule", "days"}, "side": "party" | "organ", "suspensions"?}` gives
// `{"outcome", "unknown_year"}`. Units: working_days, calendar_days, months, years. Rules: penalty, coercion, civil_procedure.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_law_deadline(const struct ZhifaDevice *handle,
                                      struct ZhifaSlice input,
                                      struct ZhifaBuffer *out);

// Which law is held: `{"held", "epoch", "rev", "day", "age_days", "rows", "areas", "arriving", "refused"}`. `day` is the last on which the office
// said that it is the newest; `refused` says why another was not taken: older, not_signed, sum, unreadable, too_large. Answers
// also where nothing may be read.
//
// # Safety
// `out` as the header's rules say.
struct ZhifaError *zhifa_law_status(const struct ZhifaDevice *handle,
                                    struct ZhifaBuffer *out);

// What there is to number with: `{"series": [{"series", "documents", "organ", "year", "left", "blocks": [{"first", "next"}]}], "taken", "spoiled",
// "told_day"}`. `documents` are the types of papers that the series numbers; none for the code of an act.
// A number is taken by a capture (`numbers`), and by nothing else; more are leased after a session. Answers also where nothing may be read.
//
// # Safety
// `out` as the header's rules say.
struct ZhifaError *zhifa_numbers_status(const struct ZhifaDevice *handle,
                                        struct ZhifaBuffer *out);

// A number that was taken here will never be on a record: `{"series", "seq", "reason"}` gives `{"spoiled"}`, what the office is yet to be
// told. It is told with the next session. Repeating it changes nothing.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_number_spoil(const struct ZhifaDevice *handle,
                                      struct ZhifaSlice input,
                                      struct ZhifaBuffer *out);

// The code of a record's act, to be shown to whoever is inspected: `{"record", "field"?: "code", "server"?}` gives `{"no", "series", "seq", "address",
// "svg"}`. `server` is the address under which the public reaches the office; that of enrolment if left out. Code 403 if the record has no code.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_code_qr(const struct ZhifaDevice *handle,
                                 struct ZhifaSlice input,
                                 struct ZhifaBuffer *out);

// Whether this store's office gave a code, by its signature and without a network: `{"scanned": address or token}` gives
// `{"genuine", "why": null | "form" | "signature" | "other_district", "district", "series", "seq"}`. What the code is about, and whether it was
// withdrawn, only the office knows.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_code_verify(const struct ZhifaDevice *handle,
                                     struct ZhifaSlice input,
                                     struct ZhifaBuffer *out);

// The seal of a paper that was drawn up in the field: `{"record", "paper"}` gives `{"no", "series", "seq", "genuine", "why": null | "form" | "bound",
// "digest", "png"}`. `bound`: it was signed for another number or another handheld. `png` is the organ's image in URL-safe base64; null with a `digest` if
// the image came with another handheld's numbers, null without one if the organ uploaded none and its seal is drawn. Code 403 if there is no such
// paper, or if it has no number.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_paper_seal(const struct ZhifaDevice *handle,
                                    struct ZhifaSlice input,
                                    struct ZhifaBuffer *out);

// Keeps a file, whatever it is, until the office has it: copied from `path` while it is hashed, on disk when this returns.
// `{"record", "mime"?, "name"?}`; gives `{"sha256", "sm3", "size"}`, at most 2 GiB. To name it in the record is a capture of its
// own. The host may delete its file then. Photos that are registered are kept by that.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_original_keep(const struct ZhifaDevice *handle,
                                       struct ZhifaSlice input,
                                       struct ZhifaSlice path,
                                       struct ZhifaBuffer *out);

// A page of what is kept: `{"after"?, "limit"?}`, or empty; gives `{"originals": [{"sha256", "record", "name", "size", "acknowledged",
// "problem"}], "next"}`. `problem` is the office's code where it does not take a file; it stays here.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_original_list(const struct ZhifaDevice *handle,
                                       struct ZhifaSlice input,
                                       struct ZhifaBuffer *out);

// At most a mebibyte of an original by its `sha256`, from the byte `from` on; empty at its end. Code 403 if it is not kept here.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_original_read(const struct ZhifaDevice *handle,
                                       struct ZhifaSlice sha256,
                                       uint64_t from,
                                       struct ZhifaBuffer *out);

// For hosts that do HTTP themselves: whether the network is paid by volume now (not 0), so that originals wait for another. Holds from
// the next session on; [`zhifa_sync_run`](super::sync::zhifa_sync_run) is told in its input.
//
// # Safety
// `handle` as the header's rules say.
struct ZhifaError *zhifa_network_metered(const struct ZhifaDevice *handle,
                                         uint8_t metered);

// Registers a photo, in one transaction with its thumbnail that is on disk when this returns:
// `{"record", "kind", "item", "taken_ms"?, "place"?, "second"?, "elsewhere"?, "time"?}` and the bytes of the file as the camera wrote it: JPEG, PNG or
// WebP, at most 32 MiB and 20,000 pixels a side. Gives `{"record", "field", "dot", "sha256", "size", "mime", "width", "height",
// "known"}`; `known` says that this photo was registered for this item before and nothing was written. A copy is kept until the office has
// it; with `"elsewhere": true` none is, and the host hands the file in by other means. `"second"`: who took it with him.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_photo_register(const struct ZhifaDevice *handle,
                                        struct ZhifaSlice input,
                                        struct ZhifaSlice photo,
                                        struct ZhifaBuffer *out);

// The thumbnail of a photo, own or come with a bundle, by `sha256` of its facts: a JPEG of at most 320 pixels a side.
// Code 403 if there is none here.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_photo_thumbnail(const struct ZhifaDevice *handle,
                                         struct ZhifaSlice sha256,
                                         struct ZhifaBuffer *out);

// Captures, in one transaction that is on disk when this returns:
// `{"record"?, "kind", "edits": [{"field", "value", "replaces": [dots shown], "reason"?}], "act"?, "numbers"?, "needs"?, "place"?, "time"?}`.
// Without `record` a new one begins. Gives `{"record", "dot", "contested", "excepted", "refused", "numbers"}`.
//
// `numbers`: `[{"field", "organ", "replaces"?, "or_none"?}]`, each taken from the blocks leased to this handheld and written into its field by the
// same change, before its act is judged. The field is `code`, or a paper that these edits write (`papers.<id>`), which gets the member `number` of the
// series that its `type` has: `spot_decision`, `order_to_correct`, `registration_notice` or `site_record`. The answer has `{"field", "no", "series", "seq",
// "token"}` for each. If there is none, nothing is captured and the code is 407; with `or_none` the capture goes on, and the answer has `"no": null` and
// `why`.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_record_capture(const struct ZhifaDevice *handle,
                                        struct ZhifaSlice input,
                                        struct ZhifaBuffer *out);

// Lists records known here: `{"after"?, "limit"?, "kind"?}` gives `{"records": [{"record", "kind", "stage", "contested", "unsent"}], "next"}`.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_record_list(const struct ZhifaDevice *handle,
                                     struct ZhifaSlice input,
                                     struct ZhifaBuffer *out);

// One record as it looks from here: `{"record", "fields"?: [key or prefix.], "seal"?: true}` gives its stage and, per field,
// reading, value, dots and candidates. An edit made from this view cites those dots.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_record_view(const struct ZhifaDevice *handle,
                                     struct ZhifaSlice input,
                                     struct ZhifaBuffer *out);

// The joint form of a visit: `{"record", "department"?}` gives `{"questions": [{"code", "field", "item", "reading", "answer", "dots"}], "progress"}`.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_form_view(const struct ZhifaDevice *handle,
                                   struct ZhifaSlice input,
                                   struct ZhifaBuffer *out);

// Disagreements: `{"after"?, "limit"?}` gives `{"clashes": [{"record", "field", "values": [{"dot", "value", "officer"}], "replaces"}], "next"}`.
// `limit` counts the records looked at, so a page may be empty while `next` is not null.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_clash_list(const struct ZhifaDevice *handle,
                                    struct ZhifaSlice input,
                                    struct ZhifaBuffer *out);

// Settles a disagreement: `{"record", "field", "value", "replaces": [dots shown], "reason", "time"?}` gives what a capture gives.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_clash_resolve(const struct ZhifaDevice *handle,
                                       struct ZhifaSlice input,
                                       struct ZhifaBuffer *out);

// What the officer has yet to be shown: `{"after"?: number, "limit"?}` gives `{"notices": [{"number", "notice"}], "next"}`.
// A notice is an event of `zhifa_sync_run`; it stays until `zhifa_notice_shown`, also if the app is killed.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_notice_list(const struct ZhifaDevice *handle,
                                     struct ZhifaSlice input,
                                     struct ZhifaBuffer *out);

// The app has shown the notices up to a number: `{"through": number}` gives `{"forgotten"}`.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_notice_shown(const struct ZhifaDevice *handle,
                                      struct ZhifaSlice input,
                                      struct ZhifaBuffer *out);

// The truth about this device's work: what is captured, unsent, carried, parked, in quarantine. `done` is true only
// when nothing is. The app says "done" then and never else. `lease` says for how long the store may be read without contact, `locked` and
// `ending` what the office ordered. Where nothing may be read, it counts and names no records.
//
// # Safety
// `out` as the header's rules say.
struct ZhifaError *zhifa_status_read(const struct ZhifaDevice *handle,
                                     struct ZhifaBuffer *out);

// One session: deliver, then fetch. `input`: `{"connectivity_changed"?, "metered"?, "server"?}`, or empty. `cancel` and
// `progress` may be null.
//
// Gives a report, also when the network failed on the way: `{"complete", "files", "failure", "requests", "pushed", "updated",
// "events", "events_omitted", "erased", "retry_ms"}`. Events: acknowledged, disposed, not_taken, chain_frozen, order,
// server_restored, log_rewritten, refetching, gone, failed. Orders (event `order`: lock, drain_then_erase, erase_now) are carried out by the
// library and acknowledged in the same session; `erased` is null, or says where the journal of the store ended that is gone now. A host
// that keeps the store's key then deletes it. An error means that nothing could be tried, or
// that the caller cancelled (503), or that another session is under way (104).
//
// # Safety
// Slices and `out` as the header's rules say; `context` is handed to `progress` as it is.
struct ZhifaError *zhifa_sync_run(const struct ZhifaDevice *handle,
                                  struct ZhifaSlice input,
                                  const struct ZhifaCancel *cancel,
                                  ZhifaProgress progress,
                                  void *context,
                                  struct ZhifaBuffer *out);

// For hosts that do HTTP themselves: the next request of the session, `{"method", "path", "headers": {…}}` in
// `out_head` and its body in `out_body`. An empty `out_head` says that the session is over; the next call begins
// another. Asking twice without an answer gives the same request.
//
// # Safety
// Out-pointers as the header's rules say.
struct ZhifaError *zhifa_sync_next(const struct ZhifaDevice *handle,
                                   struct ZhifaBuffer *out_head,
                                   struct ZhifaBuffer *out_body);

// Hands in the answer: status, headers as a JSON object of strings (only `content-type`, `retry-after`, `location` and `upload-offset`
// matter), and body. Status 0 says that there was none. Gives `{"events", "complete", "erased"}`.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_sync_answer(const struct ZhifaDevice *handle,
                                     uint16_t status,
                                     struct ZhifaSlice headers,
                                     struct ZhifaSlice body,
                                     struct ZhifaBuffer *out);

// What stands against a visit, and which acts it stands before, as this handheld knows it; nothing is kept:
// `{"record"?, "edits"?, "act"?, "numbers"?, "place"?, "reason"?, "time"?, "day"?}`, with `edits`, `act` and `numbers` as for a capture, judged as if they were captured. Gives
// `{"record", "stage", "tried", "acts", "law", "day", "findings"}`.
//
// `acts`: each that may begin from the stage, `{"act", "part", "to", "weight": "request" | "deed", "seals", "basis", "met", "against": [{"code", "about",
// "basis", "zh", "en"}]}`; signing stands there once for each department of the form. `tried`: what `act` met, `{"excepted", "refused", "contested"}`, or null
// without one. `findings`: what the law that is held and other visits say on `day`, `{"code", "about", "key", "weight": "warn" | "block", "basis", "detail",
// "overridden", "zh", "en"}`; null, as `law` is, until a law has arrived. The server may know of visits that this handheld does not.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_visit_check(const struct ZhifaDevice *handle,
                                     struct ZhifaSlice input,
                                     struct ZhifaBuffer *out);

// Makes a signature small enough for a change, without a store: `{"strokes": [[x, y, x, y …]], "w", "h", "max_bytes"?}` gives
// `{"strokes", "w", "h", "bytes", "tolerance", "points", "points_before", "svg"}`. `strokes`, `w` and `h` go into `signatures.<id>` as they are; `svg` shows
// them. A point that was left out lies at most `tolerance` from the line that remains. Code 103 says why it is no signature.
//
// # Safety
// Slices and `out` as the header's rules say.
struct ZhifaError *zhifa_signature_thin(struct ZhifaSlice input,
                                        struct ZhifaBuffer *out);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* ZHIFA_H */
