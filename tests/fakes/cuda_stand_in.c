/* Stands in for NVIDIA's libcuda.so.1 and libnvidia-ml.so.1, as their documentation says that they behave.
 *
 * Handles are opaque, memory on the card cannot be reached from the host, copies happen when the stream is waited for,
 * and a thread without a current context is refused. What begins with stand_in_ is for the tests alone.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101,
    INVALID_CONTEXT = 201, INVALID_HANDLE = 400
};

#define MOST 256
#define FAR (1ULL << 62) /* an address on the card is none of the host */

typedef struct { char *start; size_t size; } Block;
typedef struct { int kind; uint64_t card; void *host; size_t size; void (*work)(void); } Job;

static int cards = 1, newest = 40, driver_version = 13000, initialised, retained, streams;
static size_t memory_left = 1 << 20;
static Block on_card[MOST], on_host[MOST];
static Job jobs[MOST];
static int job_count, taken;
static char context, stream;
static __thread void *current;

void stand_in_oldest_first(void) { newest = 41; }
void stand_in_cards(int count) { cards = count; }
void stand_in_driver_version(int version) { driver_version = version; }

int stand_in_held(void) { /* everything taken and not given back */
    int held = retained + streams;
    for (int i = 0; i < MOST; i++) held += (on_card[i].start != NULL) + (on_host[i].start != NULL);
    return held;
}

int stand_in_taken(void) { return taken; } /* memory ever taken */

static char *seen(uint64_t card, size_t size) {
    char *at = (char *)(uintptr_t)(card & ~FAR);
    if (!(card & FAR)) return NULL;
    for (int i = 0; i < MOST; i++)
        if (on_card[i].start && at >= on_card[i].start && at + size <= on_card[i].start + on_card[i].size) return at;
    return NULL;
}

void *stand_in_seen(uint64_t card, size_t size) { return seen(card, size); }

int stand_in_enqueue(void *on, void (*work)(void)) { /* work of a kernel */
    if (!current) return INVALID_CONTEXT;
    if (on != &stream || !streams) return INVALID_HANDLE;
    jobs[job_count++] = (Job){2, 0, NULL, 0, work};
    return SUCCESS;
}

int cuInit(unsigned flags) {
    if (flags) return INVALID_VALUE;
    if (!cards) return NO_DEVICE;
    initialised = 1;
    return SUCCESS;
}

int cuDriverGetVersion(int *version) { *version = driver_version; return SUCCESS; }

int cuGetErrorString(int error, const char **said) {
    switch (error) {
    case SUCCESS: *said = "no error"; return SUCCESS;
    case INVALID_VALUE: *said = "invalid argument"; return SUCCESS;
    case OUT_OF_MEMORY: *said = "out of memory"; return SUCCESS;
    case NOT_INITIALIZED: *said = "initialization error"; return SUCCESS;
    case NO_DEVICE: *said = "no CUDA-capable device is detected"; return SUCCESS;
    case INVALID_DEVICE: *said = "invalid device ordinal"; return SUCCESS;
    case INVALID_CONTEXT: *said = "invalid device context"; return SUCCESS;
    case INVALID_HANDLE: *said = "invalid resource handle"; return SUCCESS;
    }
    *said = NULL;
    return INVALID_VALUE;
}

#define READY if (!initialised) return NOT_INITIALIZED
#define ENTERED READY; if (!current) return INVALID_CONTEXT

int cuDeviceGetCount(int *count) { READY; *count = cards; return SUCCESS; }

int cuDeviceGet(int *device, int ordinal) {
    READY;
    if (ordinal < 0 || ordinal >= cards) return INVALID_DEVICE;
    *device = ordinal + 40; /* a handle is no ordinal */
    return SUCCESS;
}

static int known(int device) { return device >= 40 && device < 40 + cards; }

int cuDeviceGetName(char *name, int length, int device) {
    READY;
    if (!known(device)) return INVALID_DEVICE;
    strncpy(name, device == newest ? "NVIDIA GeForce RTX Pretend" : "NVIDIA Old Pretend", length);
    return SUCCESS;
}

int cuDeviceGetAttribute(int *value, int attribute, int device) {
    READY;
    if (!known(device)) return INVALID_DEVICE;
    if (attribute == 75) *value = device == newest ? 8 : 6;
    else if (attribute == 76) *value = device == newest ? 9 : 1;
    else return INVALID_VALUE;
    return SUCCESS;
}

int cuDeviceTotalMem_v2(size_t *bytes, int device) {
    READY;
    if (!known(device)) return INVALID_DEVICE;
    *bytes = (size_t)12 << 30;
    return SUCCESS;
}

int cuDevicePrimaryCtxRetain(void **made, int device) {
    READY;
    if (!known(device)) return INVALID_DEVICE;
    retained++;
    *made = &context;
    return SUCCESS;
}

int cuDevicePrimaryCtxRelease_v2(int device) {
    READY;
    if (!known(device) || !retained) return INVALID_CONTEXT;
    retained--;
    return SUCCESS;
}

int cuCtxSetCurrent(void *wanted) {
    READY;
    if (wanted && (wanted != &context || !retained)) return INVALID_CONTEXT;
    current = wanted;
    return SUCCESS;
}

static Block *free_block(Block *blocks) {
    for (int i = 0; i < MOST; i++) if (!blocks[i].start) return &blocks[i];
    return NULL;
}

static int take(Block *blocks, size_t size, void **made) {
    Block *block = free_block(blocks);
    if (!size) return INVALID_VALUE;
    if (!block || size > memory_left) return OUT_OF_MEMORY;
    taken++;
    block->start = malloc(size);
    block->size = size;
    memset(block->start, 0xA5, size); /* nobody promised zeros */
    *made = block->start;
    return SUCCESS;
}

static int give_back(Block *blocks, void *start) {
    for (int i = 0; i < MOST; i++)
        if (start && blocks[i].start == start) { free(start); blocks[i].start = NULL; return SUCCESS; }
    return INVALID_VALUE;
}

int cuMemHostAlloc(void **made, size_t size, unsigned flags) { ENTERED; return flags > 7 ? INVALID_VALUE : take(on_host, size, made); }
int cuMemFreeHost(void *start) { ENTERED; return give_back(on_host, start); }

int cuMemAlloc_v2(uint64_t *made, size_t size) {
    ENTERED;
    void *start;
    int code = take(on_card, size, &start);
    if (!code) *made = (uint64_t)(uintptr_t)start | FAR;
    return code;
}

int cuMemFree_v2(uint64_t card) { ENTERED; return give_back(on_card, (void *)(uintptr_t)(card & ~FAR)); }

static int begin(int kind, uint64_t card, void *host, size_t size, void *on) {
    if (on != &stream || !streams) return INVALID_HANDLE;
    if (!seen(card, size) || !host) return INVALID_VALUE;
    jobs[job_count++] = (Job){kind, card, host, size, NULL};
    return SUCCESS;
}

int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t size, void *on) { ENTERED; return begin(0, to, (void *)from, size, on); }
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t size, void *on) { ENTERED; return begin(1, from, to, size, on); }

int cuStreamCreate(void **made, unsigned flags) {
    ENTERED;
    if (flags > 1) return INVALID_VALUE;
    streams++;
    *made = &stream;
    return SUCCESS;
}

int cuStreamDestroy_v2(void *on) { ENTERED; if (on != &stream || !streams) return INVALID_HANDLE; streams--; return SUCCESS; }

int cuStreamSynchronize(void *on) {
    ENTERED;
    if (on != &stream || !streams) return INVALID_HANDLE;
    for (int i = 0; i < job_count; i++) {
        Job *job = &jobs[i];
        if (job->kind == 2) job->work();
        else if (job->kind == 0) memcpy(seen(job->card, job->size), job->host, job->size);
        else memcpy(job->host, seen(job->card, job->size), job->size);
    }
    job_count = 0;
    return SUCCESS;
}

int nvmlInit_v2(void) { return cards ? 0 : 9; /* NVML_ERROR_DRIVER_NOT_LOADED */ }
int nvmlShutdown(void) { return 0; }
int nvmlSystemGetDriverVersion(char *version, unsigned length) { strncpy(version, "580.65.06", length); return 0; }
