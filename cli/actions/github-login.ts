import { login } from "../../operations/github/login";
import { readStackFile, stackFile } from "../../program/stack-config";
import { CommandResult } from "../../lib/exit-codes";

/** Finds the credentials that a job needs to run Pulumi. */
export async function logIn({ stack }: { stack?: string }): Promise<CommandResult> {
    const { secretsprovider: secretsProvider } = stack ? readStackFile(stackFile(stack)) : {};
    const print = (line: string) => void process.stdout.write(`${line}\n`);
    const found = await login(process.env, { secretsProvider, print });
    const { backend, secrets, kubeconfig, context } = found;
    return {
        text: [
            `the state is in ${backend}, its secrets are encrypted by ${secrets}`,
            kubeconfig
                ? `the kubeconfig is in ${kubeconfig}, its context ${context ?? "to be named"}`
                : "KUBECONFIG stays",
        ].join("\n"),
        json: found,
    };
}
