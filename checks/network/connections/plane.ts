import { dnsPort } from "../../../config/addresses";
import * as on from "./conditions";
import { both } from "./conditions";
import { bothProtocols, Connection, dnsPorts, kubernetes, tcp } from "./connection";
import * as who from "./endpoints";

/** Connections of every pod, of the cluster add-ons, and from outside. */
export const plane: Record<string, readonly Connection[]> = {
    "The cluster": [
        {
            from: who.everyPod,
            to: who.dns,
            ports: dnsPorts,
            why: "look-ups of names",
        },
        {
            from: who.everyPod,
            to: who.dnsAddresses,
            ports: bothProtocols(dnsPort),
            why: "look-ups of names",
            when: on.withDnsAddresses,
        },
    ],
    "The cluster add-ons": [
        {
            from: who.certManager,
            to: who.apiServer,
            ports: kubernetes,
            why: "certificates, issuers",
            when: on.installed,
        },
        { from: who.apiServer, to: who.certManagerWebhook, ports: tcp(10250), why: "admission", when: on.installed },
        {
            from: who.certManagerController,
            to: who.ownHosts,
            ports: tcp(80),
            why: "tries by itself what an ACME issuer will try",
            when: both(on.installed, on.withIssuer),
        },
        {
            from: who.certManagerController,
            to: who.issuers,
            ports: tcp(443),
            why: "asks for certificates",
            when: both(on.installed, on.withIssuer),
        },
        { from: who.sparkOperator, to: who.apiServer, ports: kubernetes, why: "Spark jobs", when: on.installed },
        { from: who.apiServer, to: who.sparkWebhook, ports: tcp(9443), why: "admission", when: on.installed },
        {
            from: who.strimziPods,
            to: who.apiServer,
            ports: kubernetes,
            why: "Kafka's objects",
            when: on.strimziInstalled,
        },
        {
            from: who.cloudNativePgPods,
            to: who.apiServer,
            ports: kubernetes,
            why: "PostgreSQL's objects",
            when: on.cloudNativePgInstalled,
        },
        {
            from: who.apiServer,
            to: who.cloudNativePg,
            ports: tcp(9443),
            why: "admission",
            when: on.cloudNativePgInstalled,
        },
        { from: who.keda, to: who.apiServer, ports: kubernetes, why: "scaled workloads", when: on.withKeda },
        { from: who.apiServer, to: who.kedaWebhook, ports: tcp(9443), why: "admission", when: on.withKeda },
        {
            from: who.apiServer,
            to: who.kedaMetrics,
            ports: tcp(6443),
            why: "external metrics of autoscalers",
            when: on.withKeda,
        },
        {
            from: who.kedaMetrics,
            to: who.kedaOperator,
            ports: tcp(9666),
            why: "the metrics themselves",
            when: on.withKeda,
        },
    ],
    "Access from outside": [
        {
            from: who.ingressController,
            to: who.solvers,
            ports: tcp(8089),
            why: "proves to an ACME issuer that a host is the stack's",
            when: on.withIssuerByIngress,
        },
        {
            from: who.caCopies,
            to: who.apiServer,
            ports: kubernetes,
            why: "write it where the controller looks for it",
            when: on.withCaCopies,
        },
    ],
};
