"""Programs that are told another time than everybody else."""
import subprocess

SOURCE = '''#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec* now) {
  static int (*real)(clockid_t, struct timespec*);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int failed = real(id, now);
  if (id == CLOCK_REALTIME) now->tv_sec += SECONDS;
  return failed;
}
'''


def make_clock(folder, seconds):
    """A library for LD_PRELOAD, made in that folder: whoever has it is so many seconds ahead. The address sanitizer refuses to
    start behind it."""
    source, library = f'{folder}/clock.c', f'{folder}/clock{seconds}.so'
    with open(source, 'w', encoding='ascii') as out:
        out.write(SOURCE.replace('SECONDS', str(seconds)))
    subprocess.run(['cc', '-shared', '-fPIC', '-o', library, source], check=True)
    return library
