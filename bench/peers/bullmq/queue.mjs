import { isOrdered, shards } from '../shared/process.mjs';

/** All queues: one, or some of which each is in order. */
export const names = isOrdered ? shards : ['webhooks'];

export const connection = { host: '127.0.0.1', port: Number(process.env.PEER_REDIS_PORT), maxRetriesPerRequest: null };
