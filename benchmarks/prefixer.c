/* The least a process manager does: prefixer COMMAND...
 *
 * Starts every command by /bin/sh in a session of its own, puts "HH:MM:SS pN     | " before each of
 * its lines, passes INT on as TERM, and takes everything down when one crashes. On a terminal each
 * command gets one of its own, and its prefix a colour. Nothing else: what a manager costs beyond this
 * is its own doing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 65536, LONGEST = 1 << 20 };

struct child {
    pid_t pid;
    char *rest;
    size_t held;
    char prefix[64];
    size_t width;
    time_t stamped;
};

extern char **environ;
static volatile sig_atomic_t interrupted, changed;
static char out[CHUNK * 8];
static int on_terminal;

static void on_signal(int number) {
    if (number == SIGCHLD) changed = 1;
    else interrupted = 1;
}

static void put(const char *data, size_t size) {
    while (size > 0) {
        ssize_t count = write(1, data, size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) exit(1);
        data += count;
        size -= count;
    }
}

static void stamp(struct child *child, int number) {
    time_t now = time(NULL);
    if (now == child->stamped) return;
    child->stamped = now;
    child->width = on_terminal ? sprintf(child->prefix, "\033[3%dm", 1 + number % 6) : 0;
    child->width += strftime(child->prefix + child->width, 16, "%H:%M:%S ", localtime(&now));
    child->width += snprintf(child->prefix + child->width, 32, "p%-6d | %s", number, on_terminal ? "\033[0m" : "");
}

static void show(struct child *child, int number, const char *data, size_t size) {
    size_t used = 0;
    const char *end;
    stamp(child, number);
    while ((end = memchr(data, '\n', size)) != NULL) {
        size_t length = end + 1 - data;
        if (used + child->width + child->held + length > sizeof out) put(out, used), used = 0;
        memcpy(out + used, child->prefix, child->width);
        used += child->width;
        memcpy(out + used, child->rest, child->held);
        used += child->held;
        child->held = 0;
        memcpy(out + used, data, length);
        used += length;
        data += length;
        size -= length;
    }
    put(out, used);
    if (child->held + size > LONGEST) exit(1);
    child->rest = realloc(child->rest, child->held + size + 1);
    memcpy(child->rest + child->held, data, size);
    child->held += size;
}

/* Give a new terminal's master, and the name of what the command is to open. */
static int terminal(char *name, size_t size) {
    struct termios modes;
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0) exit(1);
    if (ptsname_r(master, name, size) != 0 || tcgetattr(master, &modes) < 0) exit(1);
    modes.c_oflag &= ~OPOST;
    tcsetattr(master, TCSANOW, &modes);
    return master;
}

static int start(struct child *child, char *command) {
    char name[64];
    int ends[2] = {-1, -1};
    char *argv[] = {"sh", "-c", command, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    posix_spawn_file_actions_init(&actions);
    if (on_terminal) {
        ends[0] = terminal(name, sizeof name);
        posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0);
        posix_spawn_file_actions_adddup2(&actions, 0, 1);
        posix_spawn_file_actions_adddup2(&actions, 0, 2);
    } else {
        if (pipe2(ends, O_CLOEXEC) < 0) exit(1);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    }
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    if (posix_spawn(&child->pid, "/bin/sh", &actions, &attributes, argv, environ) != 0) exit(1);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (ends[1] >= 0) close(ends[1]);
    return ends[0];
}

static void stop_all(struct child *children, int count) {
    for (int i = 0; i < count; i++)
        if (children[i].pid) kill(-children[i].pid, SIGTERM);
}

int main(int argc, char **argv) {
    int count = argc - 1, alive = count;
    struct child *children = calloc(count, sizeof *children);
    struct pollfd *waits = calloc(count, sizeof *waits);
    struct rlimit limit;
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked, open;
    static char data[CHUNK];
    on_terminal = isatty(1);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGCHLD, &action, NULL);
    sigemptyset(&open);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    for (int i = 0; i < count; i++) {
        waits[i].fd = start(&children[i], argv[i + 1]);
        waits[i].events = POLLIN;
    }
    while (alive > 0) {
        int status, ready = ppoll(waits, count, NULL, &open);
        pid_t pid;
        for (int i = 0; i < count && ready > 0; i++) {
            if (!waits[i].revents) continue;
            ssize_t size = read(waits[i].fd, data, CHUNK);
            if (size > 0) show(&children[i], i, data, size);
            else close(waits[i].fd), waits[i].fd = -1;
        }
        if (interrupted) interrupted = 0, stop_all(children, count);
        if (!changed) continue;
        changed = 0;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
            alive--;
            for (int i = 0; i < count; i++)
                if (children[i].pid == pid) children[i].pid = 0;
            if (WIFEXITED(status) && WEXITSTATUS(status) != 0) stop_all(children, count);
        }
    }
}
