/* The process that is supervised: child MODE READY GO [NAME COUNT]
 *
 * Opens the FIFO READY, says "+pid" there and holds it open for as long as it lives, so that whoever
 * reads READY sees the end of file when the last child is gone. All modes but `wait` then sleep until
 * nobody locks the file GO any more.
 *
 *   wait     sleep until a signal comes
 *   crash    exit with 1
 *   produce  COUNT lines of 80 bytes in writes of 4096, say "-pid", then as `wait`
 *   burst    the same, but exit at once
 *   tick     COUNT lines, one every 2 ms, each with the time (CLOCK_MONOTONIC, ns), then as `wait`
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 80, WRITE = 4096 };

static void say(int ready, char sign) {
    char text[32];
    int size = snprintf(text, sizeof text, "%c%d\n", sign, (int)getpid());
    if (write(ready, text, size) != size) exit(3);
}

static void put(const char *data, size_t size) {
    while (size > 0) {
        ssize_t count = write(1, data, size);
        if (count < 0) exit(0);
        data += count;
        size -= count;
    }
}

static void produce(const char *name, long count) {
    char buffer[WRITE + LINE], line[LINE + 1];
    size_t used = 0;
    int digits = snprintf(line, sizeof line, "<%.8s %09d ", name, 0);
    memset(line + digits, '.', LINE - 2 - digits);
    memcpy(line + LINE - 2, ">\n", 2);
    for (long number = 0; number < count; number++) {
        memcpy(buffer + used, line, LINE);
        used += LINE;
        if (used >= WRITE) {
            put(buffer, WRITE);
            used -= WRITE;
            memmove(buffer, buffer + WRITE, used);
        }
        /* Counting in the text itself: a producer that formats would be slower than what it measures. */
        char *digit = line + digits - 2;
        while (*digit == '9') *digit-- = '0';
        if (*digit != ' ') ++*digit;
    }
    put(buffer, used);
}

static void tick(const char *name, long count) {
    for (long number = 0; number < count; number++) {
        struct timespec pause = {0, 2000000}, now;
        char line[LINE];
        nanosleep(&pause, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
        put(line, snprintf(line, sizeof line, "<%.8s %lld%09ld>\n", name, (long long)now.tv_sec, now.tv_nsec));
    }
}

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    const char *mode = argv[1], *name = argc > 4 ? argv[4] : "";
    long count = argc > 5 ? atol(argv[5]) : 0;
    int ready = open(argv[2], O_WRONLY | O_CLOEXEC);
    if (ready < 0) return 3;
    say(ready, '+');
    if (strcmp(mode, "wait") != 0) {
        int go = open(argv[3], O_RDONLY | O_CLOEXEC);
        if (go < 0 || flock(go, LOCK_SH) < 0) return 3;
    }
    if (strcmp(mode, "crash") == 0) return 1;
    if (strcmp(mode, "tick") == 0) tick(name, count);
    if (strcmp(mode, "produce") == 0 || strcmp(mode, "burst") == 0) produce(name, count);
    if (strcmp(mode, "burst") == 0) return 0;
    say(ready, '-');
    for (;;) pause();
}
