/* The process of a pod's sandbox: reaps what is orphaned into it, leaves on SIGTERM and SIGINT. */
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

static void leave(int signal) { (void)signal; _exit(0); }
static void reap(int signal) { (void)signal; while (waitpid(-1, NULL, WNOHANG) > 0) {} }

int main(void) {
  struct sigaction ended = {.sa_handler = leave}, child = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};
  sigaction(SIGINT, &ended, NULL);
  sigaction(SIGTERM, &ended, NULL);
  sigaction(SIGCHLD, &child, NULL);
  for (;;) pause();
}
