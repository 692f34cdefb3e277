import * as pulumi from "@pulumi/pulumi";

import type { System } from "../../config/sizing/part";
import { NamespaceRef, PodPeer, TrustBundle } from "../contracts";

/** Something of the platform with a host name. */
export interface Page {
    /** Name of its objects. */
    name: string;
    host: string;
    system: System;
    namespace: NamespaceRef;
    /** The Service that answers for it, by TLS. */
    service: string;
    /** Port of the Service, and of its pods. */
    port: number;
    peer: PodPeer;
    /** Names the CA of its certificate. */
    trust: TrustBundle;
    /** Resource to depend on before a visitor comes in. */
    ready: pulumi.Resource;
}

/** Name of a page's Service that its certificate has, by which whoever passes visitors on verifies it. */
export function serverName({ service, namespace }: Pick<Page, "service" | "namespace">): string {
    return `${service}.${namespace.name}.svc`;
}
