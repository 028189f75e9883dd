package io.moldau.security.quotas;

import java.util.Arrays;

/// An amount a second, over the last windows. One that has just begun counts as if there had been silence before: a
/// burst of as much as all windows allow is no offence.
final class Rate implements Counter {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MS_PER_SECOND = 1e3;

    private final Windows windows;
    private final double[] amounts;
    private final long[] numbers;
    private long usedNanos;

    Rate(Windows windows, long nowNanos) {
        this.windows = windows;
        this.amounts = new double[windows.samples()];
        this.numbers = new long[windows.samples()];
        Arrays.fill(numbers, Math.floorDiv(nowNanos, windows.nanos()));
        this.usedNanos = nowNanos;
    }

    /// Counts, and returns the milliseconds of silence after which the rate is within `limit` again; 0 if it is.
    synchronized double add(double amount, double limit, long nowNanos) {
        usedNanos = nowNanos;
        long number = Math.floorDiv(nowNanos, windows.nanos());
        int slot = Math.floorMod(number, windows.samples());
        if (numbers[slot] != number) {
            numbers[slot] = number;
            amounts[slot] = 0;
        }
        amounts[slot] += amount;
        double seconds = seconds(nowNanos, number);
        double rate = total(number) / seconds;
        return rate > limit ? (rate - limit) / limit * seconds * MS_PER_SECOND : 0;
    }

    /// Counts what is to be given now, unless others have used up the limit: then nothing is counted. What alone is
    /// more than all windows allow is let through when nothing else was, as it would never be otherwise.
    synchronized double addIfWithin(double amount, double limit, long nowNanos) {
        boolean alone = total(Math.floorDiv(nowNanos, windows.nanos())) <= 0;
        double wait = add(amount, limit, nowNanos);
        if (wait == 0 || alone) {
            return 0;
        }
        amounts[Math.floorMod(Math.floorDiv(nowNanos, windows.nanos()), windows.samples())] -= amount;
        return wait;
    }

    private double total(long number) {
        double total = 0;
        for (int i = 0; i < amounts.length; i++) {
            if (number - numbers[i] < amounts.length) {
                total += amounts[i];
            }
        }
        return total;
    }

    private double seconds(long nowNanos, long number) {
        double ofThis = (nowNanos - number * windows.nanos()) / NANOS_PER_SECOND;
        return Math.max((windows.samples() - 1) * (double) windows.seconds() + ofThis, windows.seconds());
    }

    @Override
    public synchronized boolean isIdle(long nowNanos) {
        return total(Math.floorDiv(nowNanos, windows.nanos())) <= 0;
    }

    @Override
    public synchronized long usedNanos() {
        return usedNanos;
    }
}
