import { Queue } from 'bullmq';
import { receive } from '../shared/receive.mjs';
import { QUEUE, connection } from './queue.mjs';

const queue = new Queue(QUEUE, { connection });

// A job of a known id is not added. Done jobs are kept, or their ids would be forgotten. Nothing tells the caller that the job was known.
receive(async (event) => {
  await queue.add('webhook', event, { jobId: event.id, attempts: 6 });
  return false;
});
