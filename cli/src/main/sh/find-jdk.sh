# Finds the JDK for the launcher and the checks; to be read in by a shell, not run.
# After `find_java`, `java_home` is the home of a JDK 25 or newer; if there is none, the shell ends with a sentence.

HOME=${HOME:-/nonexistent}

# Is $1 the home of a JDK 25 or newer? Its `release` file says so without starting it.
modern() {
    [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 1
    while IFS='=' read -r name value; do
        if [ "$name" = JAVA_VERSION ]; then
            value=${value#\"}
            value=${value%%[!0-9]*}
            [ -n "$value" ] && [ "$value" -ge 25 ]
            return
        fi
    done <"$1/release"
    return 1
}

find_java() {
    if [ -n "${MOLDAU_JAVA_HOME:-}" ]; then
        if modern "$MOLDAU_JAVA_HOME"; then
            java_home=$MOLDAU_JAVA_HOME
            return 0
        fi
        echo "moldau: MOLDAU_JAVA_HOME is $MOLDAU_JAVA_HOME, which is not the home of a JDK 25 or newer." >&2
        exit 1
    fi
    for candidate in "${JAVA_HOME:-/nonexistent}" /usr/lib/jvm/* "$HOME"/.sdkman/candidates/java/* \
        "$HOME"/.jdks/* /opt/* /opt/java/* /usr/java/* /Library/Java/JavaVirtualMachines/*/Contents/Home \
        "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
        if modern "$candidate"; then
            java_home=$candidate
            return 0
        fi
    done
    found=$(command -v java 2>/dev/null || true)
    while [ -n "$found" ] && [ -h "$found" ]; do
        link=$(readlink "$found")
        case $link in
            /*) found=$link ;;
            *) found=${found%/*}/$link ;;
        esac
    done
    candidate=${found%/bin/java}
    if [ -n "$found" ] && modern "$candidate"; then
        java_home=$candidate
        return 0
    fi
    echo "moldau: Moldau needs a JDK 25 or newer and found none: install one, or set MOLDAU_JAVA_HOME to its folder." >&2
    exit 1
}
