/**
 * XORs `data` in place with the repeated four octets of `mask`, which masks and unmasks (RFC 6455, 5.3). Works on words:
 * berthd runs without optimizing compilers, and octet by octet that would be 10 MB/s.
 */
export function applyMask(data: Uint8Array, mask: Uint8Array): void {
  const { length } = data;
  const start = -data.byteOffset & 3;
  if (length < start) {
    applyByOctets(data, mask, 0, length);
    return;
  }
  const words = new Int32Array(data.buffer, data.byteOffset + start, (length - start) >> 2);
  applyByOctets(data, mask, 0, start);
  const key = Uint8Array.from({ length: 4 }, (_, index) => mask[(start + index) & 3] ?? 0);
  const [word = 0] = new Int32Array(key.buffer);
  for (let index = 0; index < words.length; index++) words[index] = (words[index] ?? 0) ^ word;
  applyByOctets(data, mask, start + words.length * 4, length);
}

function applyByOctets(data: Uint8Array, mask: Uint8Array, from: number, to: number): void {
  for (let index = from; index < to; index++) data[index] = (data[index] ?? 0) ^ (mask[index & 3] ?? 0);
}
