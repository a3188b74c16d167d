/*
 * lazy.h - libraries that are loaded when they are first needed.
 *
 * libzmq, libcurl, libchafa and libcrypto cost milliseconds of start-up
 * (their own dependencies, relocations, constructors), libpng with zlib and
 * md4c some tenths together. Most commands need none; opening the app on a
 * run needs none either. So they are not linked: the compiler reads their headers, and the first
 * caller loads them here.
 *
 *	const struct lazy_zmq *zmq = lazy_zmq(err);
 *	if (!zmq)
 *		return false;
 *	void *ctx = zmq->ctx_new();
 *
 * Every function has the type that the library's header declares, so a call
 * is checked as if it were direct. To use one more function, add a row.
 *
 * A library stays loaded until the program ends. lazy_zmq, lazy_curl and
 * lazy_chafa: call from the loop's thread. The others: from any. The table
 * may then be used from any thread.
 */
#ifndef AGENTOPS_BASE_LAZY_H
#define AGENTOPS_BASE_LAZY_H

#include "base/err.h"

/* SHA256_Init: see sha256.c for why not EVP. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <chafa.h>
#include <curl/curl.h>
#include <md4c.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <png.h>
#include <zmq.h>

/* Member name, symbol. */
#define LAZY_ZMQ(X) \
	X(ctx_new, zmq_ctx_new) \
	X(ctx_term, zmq_ctx_term) \
	X(socket, zmq_socket) \
	X(close, zmq_close) \
	X(setsockopt, zmq_setsockopt) \
	X(getsockopt, zmq_getsockopt) \
	X(connect, zmq_connect) \
	X(socket_monitor, zmq_socket_monitor) \
	X(send, zmq_send) \
	X(msg_init, zmq_msg_init) \
	X(msg_recv, zmq_msg_recv) \
	X(msg_close, zmq_msg_close) \
	X(msg_more, zmq_msg_more) \
	X(msg_size, zmq_msg_size) \
	X(msg_data, zmq_msg_data) \
	X(lib_errno, zmq_errno) \
	X(strerror, zmq_strerror)

#define LAZY_CURL(X) \
	X(global_init, curl_global_init) \
	X(version_info, curl_version_info) \
	X(easy_init, curl_easy_init) \
	X(easy_cleanup, curl_easy_cleanup) \
	X(easy_reset, curl_easy_reset) \
	X(easy_setopt, curl_easy_setopt) \
	X(easy_getinfo, curl_easy_getinfo) \
	X(easy_perform, curl_easy_perform) \
	X(easy_pause, curl_easy_pause) \
	X(easy_strerror, curl_easy_strerror) \
	X(multi_init, curl_multi_init) \
	X(multi_cleanup, curl_multi_cleanup) \
	X(multi_add_handle, curl_multi_add_handle) \
	X(multi_remove_handle, curl_multi_remove_handle) \
	X(multi_setopt, curl_multi_setopt) \
	X(multi_assign, curl_multi_assign) \
	X(multi_socket_action, curl_multi_socket_action) \
	X(multi_info_read, curl_multi_info_read) \
	X(multi_strerror, curl_multi_strerror) \
	X(slist_append, curl_slist_append) \
	X(slist_free_all, curl_slist_free_all) \
	X(url, curl_url) \
	X(url_cleanup, curl_url_cleanup) \
	X(url_set, curl_url_set) \
	X(url_get, curl_url_get) \
	X(free, curl_free)

#define LAZY_CHAFA(X) \
	X(symbol_map_new, chafa_symbol_map_new) \
	X(symbol_map_unref, chafa_symbol_map_unref) \
	X(symbol_map_add_by_tags, chafa_symbol_map_add_by_tags) \
	X(config_new, chafa_canvas_config_new) \
	X(config_unref, chafa_canvas_config_unref) \
	X(set_geometry, chafa_canvas_config_set_geometry) \
	X(set_cell_geometry, chafa_canvas_config_set_cell_geometry) \
	X(set_pixel_mode, chafa_canvas_config_set_pixel_mode) \
	X(set_canvas_mode, chafa_canvas_config_set_canvas_mode) \
	X(set_symbol_map, chafa_canvas_config_set_symbol_map) \
	X(set_color_extractor, chafa_canvas_config_set_color_extractor) \
	X(set_dither_mode, chafa_canvas_config_set_dither_mode) \
	X(set_preprocessing, \
	  chafa_canvas_config_set_preprocessing_enabled) \
	X(set_work_factor, chafa_canvas_config_set_work_factor) \
	X(set_transparency_threshold, \
	  chafa_canvas_config_set_transparency_threshold) \
	X(set_bg_color, chafa_canvas_config_set_bg_color) \
	X(set_fg_color, chafa_canvas_config_set_fg_color) \
	X(canvas_new, chafa_canvas_new) \
	X(canvas_unref, chafa_canvas_unref) \
	X(draw_all_pixels, chafa_canvas_draw_all_pixels) \
	X(get_char_at, chafa_canvas_get_char_at) \
	X(get_colors_at, chafa_canvas_get_colors_at) \
	X(get_raw_colors_at, chafa_canvas_get_raw_colors_at)

#define LAZY_CRYPTO(X) \
	X(sha256_init, SHA256_Init) \
	X(sha256_update, SHA256_Update) \
	X(sha256_final, SHA256_Final) \
	X(same, CRYPTO_memcmp) \
	X(encode_block, EVP_EncodeBlock) \
	X(encode_new, EVP_ENCODE_CTX_new) \
	X(encode_free, EVP_ENCODE_CTX_free) \
	X(decode_init, EVP_DecodeInit) \
	X(decode_update, EVP_DecodeUpdate) \
	X(decode_final, EVP_DecodeFinal)

#define LAZY_PNG(X) \
	X(sig_cmp, png_sig_cmp) \
	X(create_read, png_create_read_struct) \
	X(create_info, png_create_info_struct) \
	X(destroy_read, png_destroy_read_struct) \
	X(error_ptr, png_get_error_ptr) \
	X(io_ptr, png_get_io_ptr) \
	X(error, png_error) \
	X(longjmp, png_longjmp) \
	X(set_longjmp, png_set_longjmp_fn) \
	X(set_read, png_set_read_fn) \
	X(set_user_limits, png_set_user_limits) \
	X(set_malloc_max, png_set_chunk_malloc_max) \
	X(set_cache_max, png_set_chunk_cache_max) \
	X(set_crc_action, png_set_crc_action) \
	X(keep_chunks, png_set_keep_unknown_chunks) \
	X(read_info, png_read_info) \
	X(width, png_get_image_width) \
	X(height, png_get_image_height) \
	X(row_bytes, png_get_rowbytes) \
	X(set_expand, png_set_expand) \
	X(set_scale_16, png_set_scale_16) \
	X(set_gray_to_rgb, png_set_gray_to_rgb) \
	X(set_alpha, png_set_add_alpha) \
	X(set_interlace, png_set_interlace_handling) \
	X(update_info, png_read_update_info) \
	X(read_row, png_read_row) \
	X(read_end, png_read_end)

#define LAZY_MD4C(X) X(parse, md_parse)

/*
 * curl/curl.h wraps some functions in type-checking or argument-counting
 * macros; `typeof(&name)` without arguments still names the function.
 */
#define LAZY_MEMBER(member, symbol) __typeof__(&symbol) member;
struct lazy_zmq {
	LAZY_ZMQ(LAZY_MEMBER)
};
struct lazy_curl {
	LAZY_CURL(LAZY_MEMBER)
};
struct lazy_chafa {
	LAZY_CHAFA(LAZY_MEMBER)
};
struct lazy_crypto {
	LAZY_CRYPTO(LAZY_MEMBER)
};
struct lazy_png {
	LAZY_PNG(LAZY_MEMBER)
};
struct lazy_md4c {
	LAZY_MD4C(LAZY_MEMBER)
};
#undef LAZY_MEMBER

/*
 * The loaded library, static, never freed. NULL with ERR_ENV when it cannot
 * be loaded or lacks a function: the message names the library and the
 * Debian package that has it. A failure is not remembered: the library may
 * be installed while the program runs. lazy_curl has called
 * curl_global_init.
 */
const struct lazy_zmq *lazy_zmq(struct err *err);
const struct lazy_curl *lazy_curl(struct err *err);
const struct lazy_chafa *lazy_chafa(struct err *err);
const struct lazy_png *lazy_png(struct err *err);
const struct lazy_md4c *lazy_md4c(struct err *err);

/* libcrypto, without which nothing can be kept: so never NULL, but the end of
 * the process with a message, as when memory runs out. From any thread. */
const struct lazy_crypto *lazy_crypto(void);

/* One function of a library, and where its address goes. */
struct lazy_symbol {
	const char *name;
	void *slot; /* points to a function pointer */
};

/*
 * What those above are made of: loads file and fills every slot. On
 * failure no slot was touched.
 */
bool lazy_load(const char *file, const char *package,
	       const struct lazy_symbol *symbols, size_t count,
	       struct err *err);

#endif
