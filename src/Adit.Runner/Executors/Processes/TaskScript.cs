using System.Text;

namespace Adit.Runner.Executors;

/// <summary>
/// The POSIX shell script that a task is started through. It leads a session of its own, outlives the runner, and does four things: it claims the
/// attempt, so that no second one can; it runs the command with its output going to files; it writes the command's exit code into a file; it ends
/// what is left of its process group. It is no member of the task's control groups: it is not frozen, limited or killed with them.
/// </summary>
internal static class TaskScript
{
    /// <summary>
    /// Arguments: the attempt's directory; the file to claim; the user's and the group's number, or two empty words; how many files to join groups by, and these;
    /// the command. Expects in the directory: <c>run</c> (<see cref="Surroundings"/>), <c>out</c>, <c>err</c> and <c>exit</c>, which already has five bytes.
    /// </summary>
    public const string Text = """
        dir=$1 claim=$2 user=$3 group=$4 joins=$5
        shift 5
        umask 077
        exec </dev/null >/dev/null 2>>"$dir/trouble"
        # Handled and not ignored: what is ignored here would be ignored by the command too.
        trap : HUP INT QUIT ALRM TERM USR1 USR2
        read -r boot </proc/sys/kernel/random/boot_id && read -r stat </proc/$$/stat || exit 1
        leads() { [ "$1" = "$5" ]; }
        leads $stat || exit 1
        set -C
        echo "$boot $stat" >"$claim" || exit 1
        set +C
        # In the foreground: a shell waits for it whatever signals come, and background commands would not get SIGINT.
        (
          while [ "$joins" -gt 0 ]; do
            echo 0 >"$1" || { echo "adit: the control group '$1' could not be joined." >&2; exit 125; }
            shift
            joins=$((joins - 1))
          done
          rm -f "$dir/run"
          inner='eval "$(cat <&3)" && exec 3<&- && exec "$@"; exit 126'
          case $user in
            '') exec /bin/sh -c "$inner" adit-task "$@" ;;
            *) exec setpriv --reuid="$user" --regid="$group" --init-groups -- /bin/sh -c "$inner" adit-task "$@" ;;
          esac
        ) 3<"$dir/run" >>"$dir/out" 2>>"$dir/err"
        code=$?
        # Over what is there: this needs no new block of a disk that may be full.
        echo "$code" 1<>"$dir/exit"
        kill -KILL 0
        """;

    /// <summary>
    /// Runs a further command in the surroundings of a task. Arguments: the file with the surroundings, which is removed; the file in which it says who it is,
    /// before it opens that one; user, group, joins and command as above. It keeps the standard streams that it has.
    /// </summary>
    public const string Exec = """
        run=$1 claim=$2 user=$3 group=$4 joins=$5
        shift 5
        read -r boot </proc/sys/kernel/random/boot_id && read -r stat </proc/$$/stat && (umask 077 && echo "$boot $stat" >"$claim") \
          || { echo "adit: '$claim' could not be written: is the runner's disk full?" >&2; exit 125; }
        exec 3<"$run"
        rm -f "$run"
        while [ "$joins" -gt 0 ]; do
          echo 0 >"$1" || { echo "adit: the control group '$1' could not be joined: has the task ended?" >&2; exit 125; }
          shift
          joins=$((joins - 1))
        done
        inner='eval "$(cat <&3)" && exec 3<&- && exec "$@"; exit 126'
        case $user in
          '') exec /bin/sh -c "$inner" adit-exec "$@" ;;
          *) exec setpriv --reuid="$user" --regid="$group" --init-groups -- /bin/sh -c "$inner" adit-exec "$@" ;;
        esac
        """;

    private const int LongestValue = 128 * 1024 - 1; // MAX_ARG_STRLEN of Linux, with the name.

    /// <summary>
    /// What the inner shell does before the command, as the command's user and not before: the environment may say which libraries a program loads.
    /// It travels in a file of its own, because arguments can be seen by everybody on the machine.
    /// </summary>
    /// <exception cref="ExecutorException">A name or value cannot be in an environment.</exception>
    /// <param name="workingDirectory">Where the command runs.</param>
    /// <param name="environment">Its variables.</param>
    /// <param name="secrets">
    /// Variables whose values must not be in a file: the script has them in its own environment, as <see cref="SecretVariable"/> with their place here, and
    /// keeps them for what is run beside the command later.
    /// </param>
    public static string Surroundings(string workingDirectory, IReadOnlyDictionary<string, string> environment, IReadOnlyList<string> secrets)
    {
        var text = new StringBuilder();
        text.Append("cd -- ").Append(Quote(workingDirectory)).Append(" || exit 126\numask 022\n");
        // What some shells set by themselves, the first two as they change the directory.
        text.Append("unset PWD OLDPWD SHLVL\n");
        foreach (var (name, value) in environment)
        {
            CheckName(name);
            if (value.Contains('\0', StringComparison.Ordinal))
                throw new ExecutorException($"The environment variable {name} has a zero byte in it.");
            if (Encoding.UTF8.GetByteCount(value) + name.Length + 1 > LongestValue)
                throw new ExecutorException($"The environment variable {name} is longer than the 128 KiB that the system takes.");
            text.Append("export ").Append(name).Append('=').Append(Quote(value)).Append('\n');
        }

        for (var i = 0; i < secrets.Count; i++)
        {
            CheckName(secrets[i]);
            var given = SecretVariable(i);
            // Never without: an empty password may open something else.
            text.Append(": \"${").Append(given).Append("?a secret is missing}\"\nexport ").Append(secrets[i]).Append("=\"$").Append(given).Append("\"\nunset ").Append(given).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>
    /// What a secret is called in the environment of the script itself. Not its own name: that may say which libraries a program loads, and the script runs
    /// as the runner.
    /// </summary>
    /// <param name="index">Its place among those of the task.</param>
    public static string SecretVariable(int index) => "ADIT_SECRET_" + index.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static void CheckName(string name)
    {
        if (!IsName(name))
            throw new ExecutorException($"'{name}' cannot be the name of an environment variable: letters, digits and '_' can, not beginning with a digit.");
    }

    private static string Quote(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    private static bool IsName(string name) =>
        name.Length is > 0 and < 1000 && !char.IsAsciiDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
