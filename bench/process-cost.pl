# perl process-cost.pl PROGRAM WORD...: runs PROGRAM with its output thrown away, then prints `cost SECONDS KIB`,
# the time from fork to end and the peak memory. Perl, because a process's peak memory is at least that of the
# process that forked it, which a Node.js would be too large for, and because time(1) counts in 10 ms.
use strict;
use warnings;
use Config;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my %wait4 = (x86_64 => 61, aarch64 => 260);
my ($arch) = $Config{archname} =~ /^([^-]+)/;
my $number = $wait4{$arch} // die "the number of wait4(2) on $arch is not known here\n";
my ($status, $usage) = (pack('i', 0), "\0" x 144);

my $started = clock_gettime(CLOCK_MONOTONIC);
my $pid = fork() // die "fork: $!\n";
if ($pid == 0) {
  open STDOUT, '>', '/dev/null' or die "/dev/null: $!\n";
  exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\n";
}
syscall($number, $pid, $status, 0, $usage) == $pid or die "wait4: $!\n";
my $seconds = clock_gettime(CLOCK_MONOTONIC) - $started;
die "$ARGV[0] failed\n" if unpack('i', $status) != 0;
# struct rusage: two timevals, then ru_maxrss in KiB.
printf "cost %.6f %d\n", $seconds, (unpack('q*', $usage))[4];
