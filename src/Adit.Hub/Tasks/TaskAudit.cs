using Adit.Hub.Access;
using Adit.Hub.Access.Audit;

namespace Adit.Hub.Tasks;

/// <summary>What the audit log says of tasks: its entries name a task by its id, and carry the name that people know.</summary>
internal static class TaskAudit
{
    /// <summary>Somebody did something to a task.</summary>
    /// <param name="caller">Who.</param>
    /// <param name="action">What: <c>task.stop</c>.</param>
    /// <param name="record">To what.</param>
    /// <param name="address">From where.</param>
    public static AuditEntry By(Caller caller, string action, TaskRecord record, string? address) =>
        AuditEntry.By(caller, action, "task:" + record.Id, address) with { Detail = new Dictionary<string, string> { ["name"] = record.Name } };
}
