#include "base/lazy.h"

#include "base/mem.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(void *) == sizeof(void (*)(void)),
	       "dlsym gives functions as data pointers (POSIX)");

bool
lazy_load(const char *file, const char *package,
	  const struct lazy_symbol *symbols, size_t count, struct err *err)
{
	void *lib = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		return FAIL(err, ERR_ENV,
			    "%s cannot be loaded (%s); install it with: "
			    "apt-get install %s",
			    file, dlerror(), package);
	AUTO_FREE void **found = xcalloc(count ? count : 1, sizeof(*found));
	for (size_t i = 0; i < count; i++) {
		found[i] = dlsym(lib, symbols[i].name);
		if (found[i])
			continue;
		FAIL(err, ERR_ENV,
		     "%s has no function %s, so it is too old; update it "
		     "with: apt-get install %s",
		     file, symbols[i].name, package);
		dlclose(lib);
		return false;
	}
	for (size_t i = 0; i < count; i++)
		memcpy(symbols[i].slot, &found[i], sizeof(found[i]));
	return true;
}

/* The same from any thread. */
static bool
load_once(atomic_bool *loaded, const char *file, const char *package,
	  const struct lazy_symbol *symbols, size_t count, struct err *err)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	if (atomic_load(loaded))
		return true;
	pthread_mutex_lock(&lock);
	if (!atomic_load(loaded) &&
	    lazy_load(file, package, symbols, count, err))
		atomic_store(loaded, true);
	pthread_mutex_unlock(&lock);
	return atomic_load(loaded);
}

const struct lazy_zmq *
lazy_zmq(struct err *err)
{
	static struct lazy_zmq api;
	static bool loaded;
#define X(member, symbol) { #symbol, &api.member },
	static const struct lazy_symbol symbols[] = { LAZY_ZMQ(X) };
#undef X

	if (!loaded && !lazy_load("libzmq.so.5", "libzmq5", symbols,
				  ARRAY_LEN(symbols), err))
		return NULL;
	loaded = true;
	return &api;
}

const struct lazy_curl *
lazy_curl(struct err *err)
{
	static struct lazy_curl api;
	static bool loaded;
#define X(member, symbol) { #symbol, &api.member },
	static const struct lazy_symbol symbols[] = { LAZY_CURL(X) };
#undef X

	if (loaded)
		return &api;
	if (!lazy_load("libcurl.so.4", "libcurl4", symbols, ARRAY_LEN(symbols),
		       err))
		return NULL;
	CURLcode code = api.global_init(CURL_GLOBAL_DEFAULT);
	if (code != CURLE_OK) {
		FAIL(err, ERR_ENV, "libcurl.so.4 does not start: %s",
		     api.easy_strerror(code));
		return NULL;
	}
	loaded = true;
	return &api;
}

const struct lazy_chafa *
lazy_chafa(struct err *err)
{
	static struct lazy_chafa api;
	static bool loaded;
#define X(member, symbol) { #symbol, &api.member },
	static const struct lazy_symbol symbols[] = { LAZY_CHAFA(X) };
#undef X

	if (!loaded && !lazy_load("libchafa.so.0", "libchafa0", symbols,
				  ARRAY_LEN(symbols), err))
		return NULL;
	loaded = true;
	return &api;
}

const struct lazy_png *
lazy_png(struct err *err)
{
	static struct lazy_png api;
	static atomic_bool loaded;
#define X(member, symbol) { #symbol, &api.member },
	static const struct lazy_symbol symbols[] = { LAZY_PNG(X) };
#undef X

	return load_once(&loaded, "libpng16.so.16", "libpng16-16", symbols,
			 ARRAY_LEN(symbols), err) ?
		       &api :
		       NULL;
}

const struct lazy_md4c *
lazy_md4c(struct err *err)
{
	static struct lazy_md4c api;
	static atomic_bool loaded;
#define X(member, symbol) { #symbol, &api.member },
	static const struct lazy_symbol symbols[] = { LAZY_MD4C(X) };
#undef X

	return load_once(&loaded, "libmd4c.so.0", "libmd4c0", symbols,
			 ARRAY_LEN(symbols), err) ?
		       &api :
		       NULL;
}

static struct lazy_crypto crypto;

static void
load_crypto(void)
{
#define X(member, symbol) { #symbol, &crypto.member },
	static const struct lazy_symbol symbols[] = { LAZY_CRYPTO(X) };
#undef X
	struct err err = ERR_INIT;

	if (lazy_load("libcrypto.so.3", "libssl3", symbols, ARRAY_LEN(symbols),
		      &err))
		return;
	fprintf(stderr, "agentops: %s\n", err.msg);
	abort();
}

const struct lazy_crypto *
lazy_crypto(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load_crypto);
	return &crypto;
}
