/** A layer cannot be unpacked because of its content. The message names the entry or the limit. */
export class LayerError extends Error {
  override readonly name = 'LayerError';
}

/** A layer is above a limit. */
export class LayerLimitError extends LayerError {
  readonly limit: 'maxBytes' | 'maxFiles';

  constructor(limit: 'maxBytes' | 'maxFiles', message: string) {
    super(message);
    this.limit = limit;
  }
}
