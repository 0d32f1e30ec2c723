using Adit.Hub.Access.Accounts;
using Adit.Hub.Http;
using Adit.Hub.Storage;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Projects;

/// <summary>How refusals about projects are answered, and the check of validators.</summary>
internal static class ProjectAnswers
{
    /// <summary>Runs a change and answers what it refuses.</summary>
    public static async Task<IResult> OfAsync(Func<Task<IResult>> change)
    {
        try
        {
            return await change();
        }
        catch (ProjectRefusal e)
        {
            return e.Code switch
            {
                ProjectRefusalCode.Invalid => Problems.Invalid(e.Message),
                ProjectRefusalCode.NameTaken => Problems.Conflict("name-taken", e.Message),
                ProjectRefusalCode.LastOwner => Problems.Conflict("last-owner", e.Message),
                ProjectRefusalCode.Unknown => Problems.Of(StatusCodes.Status404NotFound, "not-found", e.Message),
                ProjectRefusalCode.UnknownMember => Problems.NotFound(e.Message),
                ProjectRefusalCode.Changed => Problems.Of(StatusCodes.Status412PreconditionFailed, "changed", e.Message),
                ProjectRefusalCode.Forbidden => Problems.Forbidden(e.Message),
                ProjectRefusalCode.LimitReached => Problems.Of(StatusCodes.Status429TooManyRequests, "limit-reached", e.Message),
                _ => throw new InvalidOperationException($"The refusal {e.Code} has no status.", e),
            };
        }
        catch (AccountRefusal e)
        {
            return AccountEndpoints.Answer(e);
        }
        catch (StorageException e)
        {
            return Problems.Of(StatusCodes.Status507InsufficientStorage, "storage", e.Message);
        }
    }

    /// <summary>Refuses a change that was made for another version (If-Match, RFC 9110 13.1.1).</summary>
    /// <exception cref="ProjectRefusal">The project was changed meanwhile.</exception>
    public static void CheckVersion(Project project, HttpContext context)
    {
        if (!IfMatch.Of(context.Request).Allows(project.ETag))
            throw new ProjectRefusal(ProjectRefusalCode.Changed, $"The project '{project.Name}' was changed since you read it; read it again and repeat the change.");
    }
}
