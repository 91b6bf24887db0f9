{
  "cwlVersion": "v1.2",
  "class": "CommandLineTool",
  "label": "Bilateral (Physical)",
  "doc": "Smooth within regions, not across edges, by a physical radius.",
  "hints": {
    "SoftwareRequirement": {
      "packages": {
        "fiji-bridge": {
          "version": [
            "0.1.0"
          ]
        }
      }
    }
  },
  "baseCommand": [
    "fiji-bridge",
    "bilateral"
  ],
  "inputs": {
    "image": {
      "type": "File",
      "inputBinding": {
        "position": 1
      },
      "doc": "The image to read."
    },
    "radius": {
      "type": "string",
      "inputBinding": {
        "position": 3,
        "prefix": "--radius"
      },
      "doc": "Standard deviation in space: '1 um', one per axis, or '2 px'."
    },
    "contrast": {
      "type": "double",
      "inputBinding": {
        "position": 3,
        "prefix": "--contrast"
      },
      "doc": "Standard deviation in grey levels: edges above it stay."
    },
    "border": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "mirror-single",
            "mirror-double",
            "nearest",
            "constant",
            "periodic"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--border"
      },
      "doc": "What lies beyond the edge.",
      "default": "mirror-double"
    },
    "cval": {
      "type": [
        "null",
        "double"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--cval"
      },
      "doc": "Value beyond the edge, for the border 'constant'.",
      "default": 0.0
    },
    "voxel_size": {
      "type": [
        "null",
        "string"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--voxel-size"
      },
      "doc": "Voxel size, instead of the file's: '2 0.45 0.45 um'."
    },
    "output_name": {
      "type": "string",
      "default": "bilateral",
      "inputBinding": {
        "position": 2,
        "valueFrom": "$(self).tif"
      },
      "doc": "Name of the result, without its ending .tif."
    }
  },
  "outputs": {
    "result": {
      "type": "File",
      "outputBinding": {
        "glob": "$(inputs.output_name).tif"
      }
    }
  }
}
