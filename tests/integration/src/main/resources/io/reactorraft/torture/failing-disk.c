// A disk that fails while files of certain names exist in $FAILING_DISK: for calls on paths that contain $FAILING_PATH.
//   sync-eio, write-eio, rename-eio   the call fails with EIO and has done nothing
//   sync-slow                         the call takes 1.2 seconds more
// Each failure adds a byte to the file `failed`.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int told(const char *what) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", getenv("FAILING_DISK"), what);
    return access(path, F_OK) == 0;
}

static int named(const char *path) {
    const char *part = getenv("FAILING_PATH");
    return part && strstr(path, part);
}

static int meant(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return named(path);
}

static int fails(const char *what) {
    if (!told(what)) return 0;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/failed", getenv("FAILING_DISK"));
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    syscall(SYS_write, file, "x", 1);
    close(file);
    errno = EIO;
    return 1;
}

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *) dlsym(RTLD_NEXT, #name)

static int sync_fails(int fd) {
    if (!meant(fd)) return 0;
    if (told("sync-slow")) nanosleep(&(struct timespec){1, 200000000}, NULL);
    return fails("sync-eio");
}

int fsync(int fd) { REAL(fsync); return sync_fails(fd) ? -1 : real(fd); }
int fdatasync(int fd) { REAL(fdatasync); return sync_fails(fd) ? -1 : real(fd); }

ssize_t write(int fd, const void *bytes, size_t count) {
    REAL(write);
    return meant(fd) && fails("write-eio") ? -1 : real(fd, bytes, count);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    REAL(pwrite64);
    return meant(fd) && fails("write-eio") ? -1 : real(fd, bytes, count, at);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    return named(from) && fails("rename-eio") ? -1 : real(from, to);
}
