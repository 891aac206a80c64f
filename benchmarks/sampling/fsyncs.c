/* Writes a line to the file that FSYNCS names for every fsync and fdatasync of the process that it is loaded into:
   the program and the nanoseconds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int timed(const char *name, int descriptor)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    int result = real(descriptor), error = errno;
    clock_gettime(CLOCK_MONOTONIC, &ended);
    const char *path = getenv("FSYNCS");
    int log = path ? open(path, O_WRONLY | O_APPEND | O_CREAT, 0644) : -1;
    if (log >= 0) {
        long taken = (ended.tv_sec - began.tv_sec) * 1000000000L + ended.tv_nsec - began.tv_nsec;
        dprintf(log, "%s %ld\n", program_invocation_short_name, taken);
        close(log);
    }
    errno = error;
    return result;
}

int fsync(int descriptor) { return timed("fsync", descriptor); }
int fdatasync(int descriptor) { return timed("fdatasync", descriptor); }
