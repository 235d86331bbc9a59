import PgBoss from 'pg-boss';
import { isOrdered } from '../shared/process.mjs';

export const QUEUE = 'webhooks';

// Singleton: at most one active job of a key. What fails is tried again later, and may be overtaken.
export const POLICY = isOrdered ? 'singleton' : 'standard';

/** @param {object} options besides the database, which the environment names */
export async function start(options) {
  const { PGHOST, PGPORT, PGUSER, PGDATABASE } = process.env;
  const boss = new PgBoss({ host: PGHOST, port: Number(PGPORT), user: PGUSER, database: PGDATABASE, max: 10, ...options });
  boss.on('error', console.error);
  await boss.start();
  return boss;
}
