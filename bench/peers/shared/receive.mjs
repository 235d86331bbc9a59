// What every Node peer does before it enqueues: bound the body, verify the signature over the raw bytes, parse, and answer when it is durable.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { announce, now } from './process.mjs';

const MOST_BYTES = 1_048_576;
const TOLERANCE_SECONDS = 300;
const KEEP_ALIVE_MILLISECONDS = 120_000;
const key = Buffer.from(process.env.PEER_SECRET.replace('whsec_', ''), 'base64');

/**
 * Listens on a free port of 127.0.0.1.
 * @param {(event: object) => Promise<boolean>} enqueue returns when the event is durable: whether it was known already
 */
export function receive(enqueue) {
  const server = createServer((request, response) => {
    const acceptedAt = now();
    const chunks = [];
    let size = 0;
    request.on('data', (chunk) => {
      size += chunk.length;
      if (size <= MOST_BYTES) {
        chunks.push(chunk);
      }
    });
    request.on('end', async () => {
      if (size > MOST_BYTES) {
        return answer(response, 413, {});
      }

      const body = Buffer.concat(chunks);
      const id = request.headers['webhook-id'];
      if (request.method !== 'POST' || !isSigned(id, request.headers, body)) {
        return answer(response, 401, {});
      }

      try {
        const { data } = JSON.parse(body);
        const event = { id, acceptedAt, key: data.customer, fails: data.fails ?? 0, body: body.toString() };
        answer(response, 200, { id, duplicate: await enqueue(event) });
      } catch (error) {
        console.error(error);
        answer(response, 503, {});
      }
    });
  });
  // Node closes a connection that is idle for 5 s by default, which meets clients that are about to send on it.
  server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
  server.listen(Number(process.env.PEER_PORT ?? 0), '127.0.0.1', () => announce(server.address().port));
}

function isSigned(id, headers, body) {
  const timestamp = headers['webhook-timestamp'];
  const signature = headers['webhook-signature'];
  if (!id || !timestamp || !signature?.startsWith('v1,') || !(Math.abs(Date.now() / 1000 - Number(timestamp)) < TOLERANCE_SECONDS)) {
    return false;
  }

  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  const given = Buffer.from(signature.slice(3), 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function answer(response, status, content) {
  const text = JSON.stringify(content);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
