"""Whose well-known artifacts are that are built without Maven, and so carry no pom.properties: artifact → group.

Only artifacts whose name is one group's alone; the longest beginning counts.
"""

from __future__ import annotations

from typing import Final

_EXACT: Final = {
    "activation": "javax.activation",
    "byte-buddy": "net.bytebuddy",
    "ehcache": "org.ehcache",
    "elasticsearch": "org.elasticsearch",
    "groovy": "org.codehaus.groovy",
    "groovy-all": "org.codehaus.groovy",
    "h2": "com.h2database",
    "hsqldb": "org.hsqldb",
    "javassist": "org.javassist",
    "json": "org.json",
    "junit": "junit",
    "kafka-clients": "org.apache.kafka",
    "kafka-streams": "org.apache.kafka",
    "liquibase-core": "org.liquibase",
    "mysql-connector-j": "com.mysql",
    "mysql-connector-java": "mysql",
    "ojdbc8": "com.oracle.database.jdbc",
    "opensearch": "org.opensearch",
    "postgresql": "org.postgresql",
    "reactive-streams": "org.reactivestreams",
    "reactor-core": "io.projectreactor",
    "reactor-netty": "io.projectreactor.netty",
    "rhino": "org.mozilla",
    "xalan": "xalan",
    "xercesImpl": "xerces",
    "xml-apis": "xml-apis",
}

_BEGINNINGS: Final = {
    "bcmail-": "org.bouncycastle",
    "bcpg-": "org.bouncycastle",
    "bcpkix-": "org.bouncycastle",
    "bcprov-": "org.bouncycastle",
    "bctls-": "org.bouncycastle",
    "bcutil-": "org.bouncycastle",
    "graphql-java": "com.graphql-java",
    "grpc-": "io.grpc",
    "hibernate-core": "org.hibernate.orm",
    "hibernate-envers": "org.hibernate.orm",
    "kotlin-stdlib": "org.jetbrains.kotlin",
    "kotlin-reflect": "org.jetbrains.kotlin",
    "kotlinx-coroutines-": "org.jetbrains.kotlinx",
    "kotlinx-serialization-": "org.jetbrains.kotlinx",
    "ktor-": "io.ktor",
    "lucene-": "org.apache.lucene",
    "micrometer-": "io.micrometer",
    "okhttp": "com.squareup.okhttp3",
    "okio": "com.squareup.okio",
    "opentelemetry-": "io.opentelemetry",
    "reactor-netty-": "io.projectreactor.netty",
    "retrofit": "com.squareup.retrofit2",
    "spring-aop": "org.springframework",
    "spring-aspects": "org.springframework",
    "spring-beans": "org.springframework",
    "spring-boot": "org.springframework.boot",
    "spring-context": "org.springframework",
    "spring-core": "org.springframework",
    "spring-data-": "org.springframework.data",
    "spring-expression": "org.springframework",
    "spring-integration-": "org.springframework.integration",
    "spring-jcl": "org.springframework",
    "spring-jdbc": "org.springframework",
    "spring-jms": "org.springframework",
    "spring-kafka": "org.springframework.kafka",
    "spring-ldap-": "org.springframework.ldap",
    "spring-messaging": "org.springframework",
    "spring-orm": "org.springframework",
    "spring-oxm": "org.springframework",
    "spring-security-": "org.springframework.security",
    "spring-session-": "org.springframework.session",
    "spring-tx": "org.springframework",
    "spring-web": "org.springframework",
    "spring-ws-": "org.springframework.ws",
}
_LONGEST_FIRST: Final = sorted(_BEGINNINGS.items(), key=lambda each: -len(each[0]))


def group_of(artifact: str) -> str:
    """Return the group of an artifact whose owner is known, or nothing."""
    if artifact in _EXACT:
        return _EXACT[artifact]
    return next((group for beginning, group in _LONGEST_FIRST if artifact.startswith(beginning)), "")
