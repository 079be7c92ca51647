/**
 * Most items in one message of a stream. An item can have labels and annotations of 256 KiB, and a message of gRPC
 * 16 MiB.
 */
export const chunkSize = 50;

/** Splits the result of a list RPC into the messages of its streaming variant; none for an empty result. */
export async function* inChunks<Item, Response>(
  items: Promise<readonly Item[]>,
  response: (chunk: Item[]) => Response,
): AsyncGenerator<Response> {
  const found = await items;
  for (let from = 0; from < found.length; from += chunkSize) {
    yield response(found.slice(from, from + chunkSize));
  }
}
