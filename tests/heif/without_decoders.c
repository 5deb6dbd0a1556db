/* A libheif that reads every file and has no decoder, as Debian's is where only libheif1 was installed. */

struct error { int code, subcode; const char *message; };

static const struct error fine = {0, 0, ""};
static const struct error no_decoder = {4, 3000, "Unsupported feature: Unsupported codec"};
static int anything;

void *heif_context_alloc(void) { return &anything; }
void heif_context_free(void *context) {}
struct error heif_context_read_from_memory_without_copy(void *context, const void *bytes, unsigned long length, const void *options) { return fine; }
void heif_context_set_maximum_image_size_limit(void *context, int side) {}
struct error heif_context_get_primary_image_handle(void *context, void **handle) { *handle = &anything; return fine; }
int heif_image_handle_get_width(const void *handle) { return 48; }
int heif_image_handle_get_height(const void *handle) { return 32; }
int heif_image_handle_has_alpha_channel(const void *handle) { return 0; }
int heif_image_handle_is_premultiplied_alpha(const void *handle) { return 0; }
void heif_image_handle_release(const void *handle) {}
int heif_have_decoder_for_format(int format) { return 0; }
void *heif_decoding_options_alloc(void) { return 0; }
void heif_decoding_options_free(void *options) {}
struct error heif_decode_image(const void *handle, void **image, int colours, int chroma, const void *options) { return no_decoder; }
int heif_image_get_width(const void *image, int channel) { return -1; }
int heif_image_get_height(const void *image, int channel) { return -1; }
const unsigned char *heif_image_get_plane_readonly(const void *image, int channel, int *stride) { return 0; }
void heif_image_release(const void *image) {}
