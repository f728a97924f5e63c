/** Lists the project's services; the input travels as superjson, hence the `json` around it. */
export function curlExample(origin: string, projectId: string): string {
	return [
		`curl -G ${origin}/trpc/services.list \\`,
		`  --data-urlencode 'input={"json":{"projectId":"${projectId}"}}' \\`,
		'  -H "Authorization: Bearer $SH0_TOKEN"',
	].join('\n');
}

/** The same with the typed client. */
export function typescriptExample(origin: string, projectId: string): string {
	return [
		"import { createClient } from './src/lib/trpc/client';",
		'',
		`const sh0 = createClient({ url: '${origin}', token: process.env.SH0_TOKEN });`,
		`const services = await sh0.services.list.query({ projectId: '${projectId}' });`,
	].join('\n');
}
