import PgBoss from 'pg-boss';

export const QUEUE = 'webhooks';

/** @param {object} options besides the database, which the environment names */
export async function start(options) {
  const { PGHOST, PGPORT, PGUSER, PGDATABASE } = process.env;
  const boss = new PgBoss({ host: PGHOST, port: Number(PGPORT), user: PGUSER, database: PGDATABASE, max: 10, ...options });
  boss.on('error', console.error);
  await boss.start();
  return boss;
}
