import { compile } from '@inlang/paraglide-js';
import { spawnSync } from 'node:child_process';
import { paraglideOptions } from './paraglide.js';

// What `npm run check` needs before it can see types: SvelteKit's and the messages'.
await compile(paraglideOptions);
const sync = spawnSync(process.execPath, ['node_modules/@sveltejs/kit/svelte-kit.js', 'sync'], {
	stdio: 'inherit',
});
process.exit(sync.status ?? 1);
