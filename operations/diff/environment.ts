/**
 * Names of environment variables that a render has no need of, and that could let out what they hold or let a render of a fork come
 * out otherwise: secrets and logins of CI, of clouds, of Pulumi and of clusters.
 */
const secretNames =
    /^(PULUMI_|KUBE|AWS_|AZURE_|ARM_|GOOGLE_|GCLOUD_|CLOUDSDK_|DIGITALOCEAN_|VAULT_|ACTIONS_|INPUT_|GH_|SSH_|DATA_PLATFORM_STACK$)|(^|_)(PASS|PASSWORD|PASSWD|PASSPHRASE|PWD|SECRET|SECRETS|TOKEN|PAT|CREDENTIAL|CREDENTIALS|DSN|AUTH|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)(_|$)/i;

/** These only look like it. */
const harmless = /^(PWD|OLDPWD)$/;

/** Environment of a render: every variable that it must not have is set to none. */
export function withoutSecrets(environment: NodeJS.ProcessEnv = process.env): Record<string, undefined> {
    const names = Object.keys(environment).filter((name) => secretNames.test(name) && !harmless.test(name));
    return Object.fromEntries(names.map((name) => [name, undefined]));
}
