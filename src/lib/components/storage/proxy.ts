export type Proxy = 'caddy' | 'nginx';

/** The reader's own domain stands in its place. */
const DOMAIN = 'www.example.org';

/** What a proxy needs to pass a domain on to a bucket's website; `address` is host and port of the server's websites. */
export const proxyTexts: Record<Proxy, (site: { address: string; bucket: string }) => string> = {
	caddy: ({ address, bucket }) =>
		[`${DOMAIN} {`, `\treverse_proxy ${address} {`, `\t\theader_up Host ${bucket}`, '\t}', '}'].join('\n'),
	nginx: ({ address, bucket }) =>
		[
			'server {',
			`\tserver_name ${DOMAIN};`,
			'\tlocation / {',
			`\t\tproxy_pass http://${address};`,
			`\t\tproxy_set_header Host ${bucket};`,
			'\t}',
			'}',
		].join('\n'),
};
