/*
 * mem.h - allocation, and ownership that the compiler helps with.
 *
 * Running out of memory aborts: the journal makes a crash harmless, so no
 * caller checks for NULL. Raw malloc, calloc, realloc and strdup are banned
 * outside src/base (tests/tools/check-bans).
 *
 *	AUTO_FREE char *name = xasprintf("%s.png", id);   freed at scope end
 *	AUTO(buf) text = BUF_INIT;                         buf_release(&text)
 *	AUTO_PTR(yaml_doc) doc = NULL;                     yaml_doc_free(doc)
 *	return TAKE(name);                                 hands it over
 */
#ifndef AGENTOPS_BASE_MEM_H
#define AGENTOPS_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Caller frees with free(). A size of 0 gives a unique pointer. */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size)
	__attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t size) __attribute__((returns_nonnull));
/* As xrealloc for count * size bytes; aborts when the product overflows. */
void *xreallocarray(void *p, size_t count, size_t size)
	__attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t len)
	__attribute__((malloc, returns_nonnull));
/* NULL stays NULL. */
char *xstrdup0(const char *s);
void *xmemdup(const void *p, size_t len)
	__attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), malloc, returns_nonnull));
char *xvasprintf(const char *fmt, va_list ap)
	__attribute__((malloc, returns_nonnull));

void mem_cleanup_free(void *pp);

#define AUTO_FREE __attribute__((cleanup(mem_cleanup_free)))
#define AUTO(type) __attribute__((cleanup(type##_release))) struct type
#define AUTO_PTR(type) \
	__attribute__((cleanup(type##_cleanup))) struct type *

/* Defines the cleanup function that AUTO_PTR(type) calls. */
#define DEFINE_AUTO_PTR(type)                                  \
	static inline void type##_cleanup(struct type **pp)    \
	{                                                      \
		if (*pp)                                       \
			type##_free(*pp);                      \
	}                                                      \
	struct type

#define TAKE(p)                                  \
	({                                       \
		__typeof__(p) taken_ = (p);      \
		(p) = NULL;                      \
		taken_;                          \
	})

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Grows `items` (capacity `cap`) so that index `count` fits. */
#define GROW(items, count, cap)                                          \
	do {                                                             \
		if ((count) >= (cap)) {                                  \
			(cap) = (cap) ? (cap) * 2 : 8;                   \
			(items) = xreallocarray((items), (cap),          \
						sizeof(*(items)));       \
		}                                                        \
	} while (0)

/*
 * An arena: allocations that end together. arena_release frees them all; the
 * struct may be zero-initialised and used again after a release. Memory is
 * aligned for any type and zeroed.
 */
struct arena {
	struct arena_block *head;
	size_t used_bytes; /* sum of what was asked for */
};

void *arena_alloc(struct arena *a, size_t size)
	__attribute__((returns_nonnull));
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t len)
	__attribute__((returns_nonnull));
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));
void arena_release(struct arena *a);

#endif
