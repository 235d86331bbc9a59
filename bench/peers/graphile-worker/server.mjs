import { makeWorkerUtils } from 'graphile-worker';
import pg from 'pg';
import { receive } from '../shared/receive.mjs';

const utils = await makeWorkerUtils({ pgPool: new pg.Pool({ max: 10 }) });
await utils.migrate();

receive(async (event) => {
  const job = await utils.addJob('webhook', event, { jobKey: event.id, jobKeyMode: 'unsafe_dedupe', maxAttempts: 6 });
  return job.revision > 0;
});
