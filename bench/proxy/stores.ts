// The stores of the proxy benchmark in a process of their own: their work is none of ours.
import { startStores } from '../../dev/stores/index.ts';

const stores = await startStores({ dataDir: 'memory', env: { ...process.env, GATEHOUSE_STAGE: 'local' } });
process.on('disconnect', () => void stores.stop().then(() => process.exit(0)));
process.send!(stores.env);
