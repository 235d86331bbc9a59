import { Queue } from 'bullmq';
import { isOrdered, shardOf } from '../shared/process.mjs';
import { receive } from '../shared/receive.mjs';
import { connection, names } from './queue.mjs';

const queues = new Map(names.map((name) => [name, new Queue(name, { connection })]));

// A job of a known id is not added. Done jobs are kept, or their ids would be forgotten. Nothing tells the caller that the job was known.
receive(async (event) => {
  const queue = queues.get(isOrdered ? shardOf(event.key) : names[0]);
  await queue.add('webhook', event, { jobId: event.id, attempts: 6 });
  return false;
});
