/**
 * Most items in one message of a stream. An item can have labels and annotations of 256 KiB, and a message of gRPC
 * 16 MiB.
 */
export const chunkSize = 50;

/** What a list RPC has found, as the messages of the RPC that streams it; none when there is nothing. */
export async function* inChunks<Item, Response>(
  items: Promise<readonly Item[]>,
  response: (chunk: Item[]) => Response,
): AsyncGenerator<Response> {
  const found = await items;
  for (let from = 0; from < found.length; from += chunkSize) {
    yield response(found.slice(from, from + chunkSize));
  }
}
