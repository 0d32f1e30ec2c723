using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;

namespace Adit.Hub.Secrets;

/// <summary>Gives tasks their secrets: the one way on which values leave the hub.</summary>
internal sealed class TaskSecrets(SecretBook book, Authority authority, SecretMeter meter) : ITaskSecrets
{
    /// <inheritdoc />
    public string? Refusal(TaskSpec spec, string template, string? project, Caller caller)
    {
        foreach (var reference in References(spec))
        {
            if (reference.OfProject && project is null)
                return $"The template '{template}' needs the secret '{reference.Name}' of a project; say which project the task is in.";
            // Who may not start anything there does not learn either what there is.
            if (reference.OfProject && !authority.MayMake(caller, Permission.TasksWrite, project))
                return $"You may not use secrets of the project '{project}': only its members do.";
            var key = KeyOf(reference, project);
            if (book.Find(key) is null)
                return $"The template '{template}' needs the {key}, and there is none; {Remedy(key)}.";
        }

        return null;
    }

    /// <inheritdoc />
    public TaskSpec Give(TaskSpec spec, string? project, out string? missing)
    {
        missing = null;
        if (!spec.NeedsSecrets)
            return spec;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (variable, reference) in spec.Secrets ?? new Dictionary<string, SecretReference>())
        {
            if (Value(reference, project, out missing) is not { } value)
                return spec;
            values[variable] = value;
        }

        var image = spec.Image;
        if (image?.CredentialsSecret is { } credentials)
        {
            if (Value(new SecretReference(credentials), project, out missing) is not { } login)
                return spec;
            var (user, password) = Login(login);
            if (password is null)
            {
                missing = $"The secret '{credentials}' of the hub is no credentials of a registry: write USER:PASSWORD, on one line.";
                return spec;
            }

            image = image with { User = user, Password = password };
        }

        meter.Given(values.Count + (spec.Image?.CredentialsSecret is null ? 0 : 1));
        return spec with { SecretValues = values.Count > 0 ? values : null, Image = image };
    }

    private static IEnumerable<SecretReference> References(TaskSpec spec)
    {
        var all = spec.Secrets?.Values ?? [];
        return spec.Image?.CredentialsSecret is { } credentials ? all.Append(new SecretReference(credentials)) : all;
    }

    private string? Value(SecretReference reference, string? project, out string? missing)
    {
        var key = KeyOf(reference, project);
        var secret = reference.OfProject && project is null ? null : book.Find(key);
        var value = secret is null ? null : book.Open(secret);
        missing = value is not null ? null
            : secret is null ? $"There is no {key} any more; {Remedy(key)}, and start the task again."
            : $"The hub cannot read the {key}: it was sealed with another key; {Remedy(key)} anew, and start the task again.";
        return value;
    }

    private static SecretKey KeyOf(SecretReference reference, string? project) => new(reference.OfProject ? project : null, reference.Name);

    private static string Remedy(SecretKey key) => key.Project is { } project
        ? $"a maintainer of the project sets it with 'adit secret set {key.Name} --project {project}'"
        : $"an admin sets it with 'adit secret set {key.Name}'";

    // USER:PASSWORD, of which only the user has no colon. Files end with a line break.
    private static (string? User, string? Password) Login(string text)
    {
        var line = text.TrimEnd('\r', '\n');
        return line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && colon < line.Length - 1 && !line.Contains('\n', StringComparison.Ordinal)
            ? (line[..colon], line[(colon + 1)..])
            : (null, null);
    }
}
