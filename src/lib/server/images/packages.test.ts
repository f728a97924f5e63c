import { expect, it } from 'vitest';
import { parsePolicy } from './packages';

const text = `redis-server:
  Installed: 5:8.0.2-3
  Candidate: 5:8.0.2-3+deb13u3
  Version table:
     5:8.0.2-3+deb13u3 500
        500 http://deb.debian.org/debian trixie/main amd64 Packages
 *** 5:8.0.2-3 100
        100 /var/lib/dpkg/status
redis-sentinel:
  Installed: (none)
  Candidate: 5:8.0.2-3+deb13u3
redis-tools:
  Installed: 5:8.0.2-3+deb13u3
  Candidate: 5:8.0.2-3+deb13u3
`;

it('reads what is installed and what would be', () => {
	expect(parsePolicy(text)).toEqual([
		{ name: 'redis-server', installed: '5:8.0.2-3', candidate: '5:8.0.2-3+deb13u3' },
		{ name: 'redis-tools', installed: '5:8.0.2-3+deb13u3', candidate: '5:8.0.2-3+deb13u3' },
	]);
});

it('makes nothing of what it does not know', () => {
	expect(parsePolicy('')).toEqual([]);
	expect(parsePolicy('N: Unable to locate package x\n')).toEqual([]);
});
