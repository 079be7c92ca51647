// malloc_trim(3) and mallopt(3): when the C library returns freed memory to the kernel.
import { libcFunction } from '../syscall/libc.ts';

const mallopt = libcFunction('mallopt', ['int', 'int']);
const mMmapThreshold = -3;
/** Blocks of at least this many bytes are allocated by mmap(2). */
const largeBlock = 512 * 1024;

const mallocTrim = libcFunction('malloc_trim', ['size_t']);

/**
 * Returns freed memory to the kernel, of which the C library keeps tens of MiB after much buffer traffic. Takes some
 * milliseconds.
 */
export function releaseFreedMemory(): void {
  mallocTrim(undefined, 0);
}

/**
 * From now on the C library returns large blocks to the kernel as soon as they are freed. By default the first free of
 * a large block raises its mmap threshold to that size, in every thread.
 */
export function returnLargeBlocks(): void {
  mallopt(undefined, mMmapThreshold, largeBlock);
}
