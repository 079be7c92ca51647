import { libcFunction } from '../syscall/libc.ts';

const mallopt = libcFunction('mallopt', ['int', 'int']);
const M_MMAP_THRESHOLD = -3;
/** Bytes of a block that counts as large. */
const largeBlock = 512 * 1024;

const mallocTrim = libcFunction('malloc_trim', ['size_t']);

/**
 * Gives memory back that the C library keeps after it was freed: tens of MiB after much traffic with buffers, for
 * the life of the process. Takes some milliseconds.
 */
export function releaseFreedMemory(): void {
  mallocTrim(undefined, 0);
}

/**
 * Has the C library give large blocks back as soon as they are freed, from now on. By itself it takes the first that
 * is freed for a sign to keep those of its size, in each thread.
 */
export function returnLargeBlocks(): void {
  mallopt(undefined, M_MMAP_THRESHOLD, largeBlock);
}
