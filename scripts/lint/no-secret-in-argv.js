// Arguments show in `ps`, `docker inspect` and `docker events`: secrets travel by stdin, file or exec environment.
const runners = new Set(['spawn', 'spawnSync', 'execFile', 'execFileSync', 'fork']);
const commandKeys = new Set(['Cmd', 'command', 'argv', 'args', 'Entrypoint']);
const secretName = /(password|passwd|secret|token|credential|apikey|privatekey)/i;

/**
 * @param {import('estree').Node | null | undefined} node
 * @returns {boolean} whether the expression opens or names a secret
 */
function holdsSecret(node) {
	if (!node) return false;
	switch (node.type) {
		case 'Identifier':
			return secretName.test(node.name);
		case 'MemberExpression':
			return holdsSecret(/** @type {import('estree').Node} */ (node.property)) || holdsSecret(node.object);
		case 'CallExpression':
			return (
				(node.callee.type === 'MemberExpression' &&
					node.callee.property.type === 'Identifier' &&
					node.callee.property.name === 'reveal') ||
				node.arguments.some((argument) => holdsSecret(argument))
			);
		case 'TemplateLiteral':
			return node.expressions.some((expression) => holdsSecret(expression));
		case 'BinaryExpression':
			return holdsSecret(node.left) || holdsSecret(node.right);
		case 'SpreadElement':
			return holdsSecret(node.argument);
		case 'ArrayExpression':
			return node.elements.some((element) => holdsSecret(element));
		default:
			return false;
	}
}

/** @type {import('eslint').Rule.RuleModule} */
export default {
	meta: {
		type: 'problem',
		schema: [],
		messages: {
			secret: 'A secret in an argument list is visible to others. Pass it by stdin, file or environment.',
		},
	},
	create(context) {
		return {
			CallExpression(node) {
				const callee = node.callee;
				const name =
					callee.type === 'Identifier'
						? callee.name
						: callee.type === 'MemberExpression' && callee.property.type === 'Identifier'
							? callee.property.name
							: '';
				if (!runners.has(name)) return;
				for (const argument of node.arguments) {
					if (argument.type === 'ArrayExpression' && holdsSecret(argument)) {
						context.report({ node: argument, messageId: 'secret' });
					}
				}
			},
			Property(node) {
				const name = node.key.type === 'Identifier' ? node.key.name : '';
				if (!commandKeys.has(name) || node.value.type !== 'ArrayExpression') return;
				if (holdsSecret(node.value)) context.report({ node: node.value, messageId: 'secret' });
			},
		};
	},
};
