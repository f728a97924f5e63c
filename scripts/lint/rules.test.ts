import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const eslint = new ESLint({
	overrideConfigFile: 'eslint.config.js',
	// The files below do not exist, so the typed rules, which need the TypeScript project, are left out.
	overrideConfig: [
		{
			files: ['**/*.ts', '**/*.svelte'],
			languageOptions: { parserOptions: { projectService: false, project: null } },
			rules: {
				'@typescript-eslint/no-floating-promises': 'off',
				'@typescript-eslint/no-misused-promises': 'off',
				'@typescript-eslint/switch-exhaustiveness-check': 'off',
			},
		},
	],
});

async function rulesBroken(filePath: string, code: string): Promise<string[]> {
	const [result] = await eslint.lintText(code, { filePath });
	return (result?.messages ?? []).map((message) => message.ruleId ?? message.message);
}

const importRule = '@typescript-eslint/no-restricted-imports';

describe('a package has one door', () => {
	const doors: [string, string, string][] = [
		['dockerode', 'src/lib/server/docker/probe.ts', 'src/lib/server/services/probe.ts'],
		['better-sqlite3', 'src/lib/server/db/probe.ts', 'src/lib/server/audit/probe.ts'],
		['lucia', 'src/lib/server/auth/probe.ts', 'src/lib/server/trpc/probe.ts'],
		['pg', 'src/lib/server/engines/postgres/probe.ts', 'src/lib/server/databases/probe.ts'],
		['mysql2', 'src/lib/server/engines/mysql-family/probe.ts', 'src/lib/server/engines/postgres/probe.ts'],
		['ioredis', 'src/lib/server/engines/redis-family/probe.ts', 'src/lib/server/databases/probe.ts'],
		['mongodb', 'src/lib/server/engines/mongo-family/probe.ts', 'src/lib/server/services/probe.ts'],
		[
			'@aws-sdk/client-s3',
			'src/lib/server/engines/s3-family/probe.ts',
			'src/lib/server/engines/minio/probe.ts',
		],
		['bits-ui', 'src/lib/components/ui/probe.ts', 'src/lib/components/databases/probe.ts'],
		['trpc-sveltekit', 'src/hooks.server.ts', 'src/lib/server/trpc/probe.ts'],
	];
	it.each(doors)('%s', async (name, inside, outside) => {
		const code = `import thing from '${name}';\nexport { thing };\n`;
		expect(await rulesBroken(inside, code)).not.toContain(importRule);
		expect(await rulesBroken(outside, code)).toContain(importRule);
	});
});

describe('imports point down', () => {
	const forbidden: [string, string][] = [
		['src/lib/server/engines/postgres/probe.ts', '../../docker/client'],
		['src/lib/server/engines/postgres/probe.ts', '$lib/server/db/client'],
		['src/lib/server/docker/probe.ts', '../services/broker'],
		['src/lib/server/vault/probe.ts', '../operations/runner'],
		['src/lib/server/operations/probe.ts', '../services/broker'],
		['src/lib/server/databases/probe.ts', '../projects/service'],
		['src/lib/server/projects/probe.ts', '$lib/server/databases/service'],
		['src/lib/server/db/probe.ts', '../vault/vault'],
		['src/lib/server/db/probe.ts', '$lib/server/audit/audit'],
		['src/lib/server/vault/probe.ts', '../auth/auth'],
		['src/lib/server/audit/probe.ts', '../vault'],
		['src/lib/server/audit/probe.ts', '../http/networks'],
		['src/lib/server/docker/probe.ts', '../images/digests'],
		['src/lib/server/engines/postgres/grants/probe.ts', '../../../docker/client'],
		['src/lib/server/engines/probe.ts', '../http/report'],
		['src/lib/server/engines/garage/probe.ts', '../../storage/deps'],
		['src/lib/server/storage/probe.ts', '../databases/users'],
		['src/lib/server/storage/probe.ts', '../docker'],
		['src/lib/server/services/probe.ts', '../storage/deps'],
		['src/lib/server/images/probe.ts', '../services/image'],
		['src/lib/server/images/probe.ts', '../engines/index'],
		['src/lib/server/images/probe.ts', '$lib/server/auth/policy'],
		['src/lib/server/operations/probe.ts', '../vault'],
		['src/lib/server/auth/probe.ts', '../services/manager'],
		['src/lib/server/auth/probe.ts', '../docker'],
		['src/lib/server/auth/probe.ts', '$lib/server/projects/service'],
		['src/lib/server/services/probe.ts', '../databases/users'],
		['src/lib/server/services/probe.ts', '../auth/policy'],
		['src/lib/server/services/settings/probe.ts', '../../http/guard'],
		['src/lib/server/http/probe.ts', '../db/client'],
		['src/lib/server/http/probe.ts', '../services/manager'],
		['src/lib/server/http/probe.ts', '$lib/server/activity/service'],
		['src/lib/server/trpc/probe.ts', '../services/router'],
		['src/lib/server/trpc/probe.ts', '../vault'],
		['src/lib/server/trpc/router.ts', '../db/client'],
		['src/lib/server/activity/probe.ts', '../databases/users'],
		['src/lib/server/activity/probe.ts', '../docker'],
		['src/lib/server/projects/probe.ts', '../http/guard'],
		['src/lib/server/databases/probe.ts', '../images'],
		['src/lib/server/services/probe.ts', '../testing/docker-proxy'],
		['src/lib/server/auth/probe.ts', '../cli/house'],
		['src/routes/(app)/probe/+page.server.ts', '$lib/server/db/client'],
		['src/routes/(app)/probe/+page.server.ts', '$lib/server/services/reader'],
		['src/lib/components/ui/probe.ts', '$lib/components/services/memory'],
		['src/lib/components/ui/probe.ts', '$lib/trpc/api'],
		['src/lib/state/probe.ts', '$lib/components/ui/table'],
		['src/lib/trpc/probe.ts', '$lib/actions/auth'],
		['src/lib/shared/probe.ts', '$lib/i18n/format'],
		['src/lib/components/databases/probe.ts', '$lib/server/errors'],
		['src/routes/(app)/probe/+page.ts', '$lib/server/app'],
	];
	it.each(forbidden)('%s may not import %s', async (filePath, target) => {
		expect(await rulesBroken(filePath, `import { thing } from '${target}';\nexport { thing };\n`)).toContain(
			importRule,
		);
	});

	it('lets an engine use errors, secrets and shared', async () => {
		const code = `import { a } from '../../errors';\nimport { b } from '../../secret';\nimport { c } from '$lib/shared/units';\nimport { d } from '../storage';\nexport { a, b, c, d };\n`;
		expect(await rulesBroken('src/lib/server/engines/postgres/probe.ts', code)).not.toContain(importRule);
	});

	const allowed: [string, string][] = [
		['src/lib/server/trpc/router.ts', '../services/router'],
		['src/lib/server/databases/probe.ts', '../services/broker'],
		['src/lib/server/services/probe.ts', '../docker'],
		['src/lib/server/services/probe.ts', '../vault'],
		['src/lib/server/auth/probe.ts', '../audit/attempts'],
		['src/lib/server/http/probe.ts', '../auth/policy'],
		['src/lib/server/cli/probe.ts', '../services/invariants'],
		['src/routes/(app)/probe/+page.server.ts', '$lib/server/app'],
		['src/lib/components/ui/probe.ts', '$lib/state/toasts.svelte'],
		['src/lib/components/ui/probe.ts', './table'],
	];
	it.each(allowed)('%s may import %s', async (filePath, target) => {
		const code = `import { thing } from '${target}';\nexport { thing };\n`;
		expect(await rulesBroken(filePath, code)).not.toContain(importRule);
	});

	it('lets browser code take a type from the server', async () => {
		const code = `import type { AppRouter } from '$lib/server/trpc/router';\nexport type A = AppRouter;\n`;
		expect(await rulesBroken('src/lib/trpc/probe.ts', code)).not.toContain(importRule);
	});
});

describe('no shell', () => {
	const bites: [string, string][] = [
		['exec', `import { exec } from 'node:child_process';\nexport { exec };\n`],
		['execSync', `import { execSync } from 'child_process';\nexport { execSync };\n`],
		['a namespace import', `import * as processes from 'node:child_process';\nexport { processes };\n`],
		['the shell option', `import { spawn } from 'node:child_process';\nspawn('ls', [], { shell: true });\n`],
		['sh -c in an array', `export const command = ['sh', '-c', 'ls'];\n`],
		['bash -lc in an array', `export const command = ['docker', 'exec', 'x', 'bash', '-lc', 'ls'];\n`],
		['spawn of sh -c', `import { spawn } from 'node:child_process';\nspawn('/bin/sh', ['-c', 'ls']);\n`],
	];
	it.each(bites)('%s', async (_name, code) => {
		expect(await rulesBroken('src/lib/server/docker/probe.ts', code)).toContain('sh0/no-shell');
	});

	it('lets an argument array through', async () => {
		const code = `import { spawn } from 'node:child_process';\nspawn('debootstrap', ['--variant=minbase', 'sid', '/tmp/x']);\n`;
		expect(await rulesBroken('src/lib/server/images/probe.ts', code)).not.toContain('sh0/no-shell');
	});
});

describe('no secret in arguments', () => {
	const bites: [string, string][] = [
		[
			'a password in spawn',
			`import { spawn } from 'node:child_process';\nexport function a(password: string) {\n\tspawn('psql', [password]);\n}\n`,
		],
		[
			'a revealed value',
			`export function a(x: { reveal(): string }) {\n\treturn { Cmd: ['redis-cli', x.reveal()] };\n}\n`,
		],
		[
			'a template',
			`export function a(rootPassword: string) {\n\treturn { command: ['x', \`--pw=\${rootPassword}\`] };\n}\n`,
		],
	];
	it.each(bites)('%s', async (_name, code) => {
		expect(await rulesBroken('src/lib/server/docker/probe.ts', code)).toContain('sh0/no-secret-in-argv');
	});
});
