import { createHash } from 'node:crypto';
import { isOrdered } from '../shared/process.mjs';
import { receive } from '../shared/receive.mjs';
import { POLICY, QUEUE, start } from './queue.mjs';

// Maintenance is the worker's.
const boss = await start({ supervise: false, schedule: false });
await boss.createQueue(QUEUE, { name: QUEUE, policy: POLICY, retryLimit: 5, retryDelay: 0 });

// The id of a job is a UUID, and the only key that pg-boss keeps unique after the job is done.
const uuid = (text) => {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

receive(async (event) => {
  const options = { id: uuid(event.id), ...(isOrdered && { singletonKey: event.key }) };
  return (await boss.send(QUEUE, event, options)) === null;
});
