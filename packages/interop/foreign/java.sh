# Compiles JPeer.java, and makes a store of Java's of the certificate: java.sh FILE, in the folder of work.
set -e
javac -encoding UTF-8 -d . "$1"
test -e tls/trust.p12 ||
  keytool -importcert -noprompt -alias interop -file tls/cert.pem -keystore tls/trust.p12 -storetype PKCS12 -storepass changeit
