"""Whose well-known artifacts are that are built without Maven, and so carry no pom.properties: artifact → group.

Only artifacts whose name is one group's alone. The table was held against the artifacts of a repository.
"""

from __future__ import annotations

import re
from typing import Final

# Group → its artifacts; a star stands for what follows. Of several beginnings the longest counts.
_ARTIFACTS: Final = {
    "cglib": "cglib cglib-nodep",
    "cn.hutool": "hutool-*",
    "com.auth0": "java-jwt jwks-rsa",
    "com.baomidou": "mybatis-plus*",
    "com.github.ben-manes.caffeine": "caffeine",
    "com.google.protobuf": "protobuf-java* protobuf-kotlin*",
    "com.graphql-java": "graphql-java*",
    "com.h2database": "h2",
    "com.lowagie": "itext",
    "com.mysql": "mysql-connector-j",
    "com.oracle.database.jdbc": "ojdbc8",
    "com.squareup.okhttp3": "okhttp*",
    "com.squareup.okio": "okio*",
    "com.squareup.retrofit2": "retrofit*",
    "com.squareup.wire": "wire-*",
    "com.unboundid": "unboundid-ldapsdk",
    "com.webauthn4j": "webauthn4j-*",
    "info.picocli": "picocli*",
    "io.grpc": "grpc-*",
    "io.jaegertracing": "jaeger-client jaeger-core jaeger-thrift jaeger-tracerresolver",
    "io.ktor": "ktor-*",
    "io.micrometer": "micrometer-*",
    "io.micronaut": "micronaut-core micronaut-context* micronaut-http* micronaut-inject* micronaut-json-core "
    "micronaut-management micronaut-router micronaut-runtime micronaut-websocket",
    "io.opentelemetry": "opentelemetry-*",
    "io.opentelemetry.instrumentation": "opentelemetry-instrumentation-*",
    "io.perfmark": "perfmark-*",
    "io.projectreactor": "reactor-core",
    "io.projectreactor.netty": "reactor-netty*",
    "javax.activation": "activation",
    "mysql": "mysql-connector-java",
    "net.bytebuddy": "byte-buddy",
    "net.java.dev.jna": "jna jna-platform",
    "org.apache.ant": "ant ant-launcher",
    "org.apache.derby": "derby derbyclient derbynet derbyshared derbytools",
    "org.apache.groovy": "groovy groovy-*",
    "org.apache.iceberg": "iceberg-*",
    "org.apache.kafka": "kafka-clients kafka-group-coordinator* kafka-metadata kafka-raft kafka-server* "
    "kafka-storage* kafka-streams* kafka-tools* kafka_* connect-api connect-json connect-mirror* connect-runtime "
    "connect-transforms",
    "org.apache.lucene": "lucene-*",
    "org.apache.poi": "poi poi-*",
    "org.apache.solr": "solr-*",
    "org.apache.thrift": "libthrift",
    "org.apache.tomcat": "tomcat-api tomcat-coyote* tomcat-dbcp tomcat-i18n-* tomcat-jdbc tomcat-jni tomcat-juli "
    "tomcat-util*",
    "org.apache.tomcat.embed": "tomcat-embed-*",
    "org.apache.velocity": "velocity velocity-engine-core",
    "org.aspectj": "aspectjrt aspectjtools aspectjweaver",
    "org.beanshell": "bsh",
    "org.bouncycastle": "bcmail-* bcpg-* bcpkix-* bcprov-* bctls-* bcutil-*",
    "org.codehaus.jackson": "jackson-core-asl jackson-mapper-asl",
    "org.conscrypt": "conscrypt-*",
    "org.dom4j": "dom4j",
    "org.eclipse.jdt": "ecj",
    "org.ehcache": "ehcache",
    "org.elasticsearch": "elasticsearch elasticsearch-cli elasticsearch-core elasticsearch-geo elasticsearch-nio "
    "elasticsearch-secure-sm elasticsearch-ssl-config elasticsearch-x-content",
    "org.elasticsearch.client": "elasticsearch-rest-*",
    "org.hibernate.orm": "hibernate-c3p0 hibernate-core* hibernate-envers* hibernate-hikaricp hibernate-jcache "
    "hibernate-scan-jandex hibernate-spatial",
    "org.hsqldb": "hsqldb",
    "org.htmlunit": "htmlunit htmlunit-*",
    "org.javassist": "javassist",
    "org.jdom": "jdom jdom2",
    "org.jetbrains.kotlin": "kotlin-reflect* kotlin-stdlib*",
    "org.jetbrains.kotlinx": "kotlinx-coroutines-* kotlinx-serialization-*",
    "org.json": "json",
    "org.junit.jupiter": "junit-jupiter*",
    "org.liquibase": "liquibase-core",
    "org.mongodb": "bson mongo-java-driver mongodb-driver-*",
    "org.mozilla": "rhino",
    "org.opensearch": "opensearch opensearch-cli opensearch-common opensearch-core opensearch-geo opensearch-nio "
    "opensearch-secure-sm opensearch-ssl-config opensearch-x-content",
    "org.opensearch.client": "opensearch-rest-*",
    "org.ow2.asm": "asm asm-*",
    "org.postgresql": "postgresql",
    "org.projectlombok": "lombok",
    "org.reactivestreams": "reactive-streams",
    "org.seleniumhq.selenium": "selenium-*",
    "org.springframework": "spring-aop* spring-aspects* spring-beans* spring-context* spring-core* spring-expression* "
    "spring-jcl* spring-jdbc* spring-jms* spring-messaging* spring-orm* spring-oxm* spring-tx* spring-web*",
    "org.springframework.boot": "spring-boot*",
    "org.springframework.data": "spring-data-*",
    "org.springframework.graphql": "spring-graphql*",
    "org.springframework.integration": "spring-integration-*",
    "org.springframework.kafka": "spring-kafka*",
    "org.springframework.ldap": "spring-ldap-*",
    "org.springframework.restdocs": "spring-restdocs-*",
    "org.springframework.security": "spring-security-*",
    "org.springframework.session": "spring-session-*",
    "org.springframework.ws": "spring-ws-*",
    "org.thymeleaf": "thymeleaf thymeleaf-spring*",
    "xerces": "xercesImpl",
}
_NAMED_LIKE_THEIR_GROUP: Final = """
    antlr aopalliance commons-beanutils commons-cli commons-codec commons-collections commons-configuration commons-dbcp
    commons-digester commons-fileupload commons-httpclient commons-io commons-jxpath commons-lang commons-logging
    commons-net commons-pool commons-validator junit oro regexp wsdl4j xalan
    xml-apis xom xpp3
    """
# Groups whose artifacts moved there with a major version, and where they were before.
_BEFORE: Final = {
    "org.apache.groovy": (4, "org.codehaus.groovy"),
    "org.dom4j": (2, "dom4j"),
    "org.hibernate.orm": (6, "org.hibernate"),
    "org.hsqldb": (2, "hsqldb"),
    "org.htmlunit": (3, "net.sourceforge.htmlunit"),
}
# Bundles whose symbolic name is not that of group and artifact: beginning → group; the artifact follows `org.apache.`.
_TOMCAT: Final = {"org.apache.tomcat-embed-": "org.apache.tomcat.embed", "org.apache.tomcat-": "org.apache.tomcat"}

_GROUPS: Final = {name: group for group, names in _ARTIFACTS.items() for name in names.split()} | {
    name: name for name in _NAMED_LIKE_THEIR_GROUP.split()
}
_BEGINNINGS: Final = sorted((name for name in _GROUPS if name.endswith("*")), key=len, reverse=True)
_MAJOR: Final = re.compile(r"\d{1,6}")


def group_of(artifact: str, version: str) -> str:
    """Return the group of an artifact whose owner is known, or nothing."""
    named = (
        artifact if artifact in _GROUPS else next((each for each in _BEGINNINGS if artifact.startswith(each[:-1])), "")
    )
    group = _GROUPS.get(named, "")
    if group in _BEFORE:
        first, before = _BEFORE[group]
        major = _MAJOR.match(version)
        return before if major is not None and int(major[0]) < first else group
    return group


def read_tomcat(symbolic_name: str) -> tuple[str, str] | None:
    """Return group and artifact of an archive of Tomcat, whose files have other names; None for those of others."""
    for beginning, group in _TOMCAT.items():
        if symbolic_name.startswith(beginning):
            return group, symbolic_name.removeprefix("org.apache.")
    return None
