import type { Problem } from "../errors";
import { keyPath } from "../key-path";
import { problem, Rule } from "./rule";

/** Bytes that a Secret of Kubernetes holds in all. */
const most = 2 ** 20;

/** Secrets of workloads that no Secret of the cluster can hold. Their form is looked at with the declaration that reads them. */
export const secretRules: Rule = ({ secrets = {} }) =>
    Object.entries(secrets).flatMap(([name, keys]) => [
        ...Object.entries(keys).flatMap(([key, value]): Problem[] => {
            const message = valueProblem(value);
            return message === undefined ? [] : [{ key: keyPath(["secrets", name, key]), message }];
        }),
        ...problem(
            Object.values(keys).reduce((sum, value) => sum + Buffer.byteLength(value), 0) > most,
            keyPath(["secrets", name]),
            "is more than the 1 MiB that a Secret of Kubernetes holds; divide it, or put what is no secret of it into the image",
        ),
    ]);

function valueProblem(value: string): string | undefined {
    if (value === "") return "is empty; set it, or take it out with `pulumi config rm --path`";
    if (/\p{Cs}/u.test(value))
        return "has half of a character in it, which is no text in UTF-8; set it anew from its file";
    return value.includes("\0")
        ? "has a NUL in it, so it is no text; set it in base64, and let the program decode it"
        : undefined;
}
